from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.images.newest import MOST_PARTS, first_of, newest
from webapp.images.rows import covers


class FirstOfMany(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.cats, self.dogs = ([self.image(label, seed) for seed in range(4)] for label in (self.cat, self.dog))

    def test_each_label_gives_its_newest_in_one_query(self):
        with self.assertNumQueries(1):
            found = first_of([newest(label.id, 2) for label in (self.cat, self.dog)])
        assert set(found) == {*self.cats[2:], *self.dogs[2:]}

    def test_what_is_set_aside_does_not_count(self):
        Image.objects.filter(id=self.cats[3].id).update(status="set_aside")
        assert set(first_of([newest(self.cat.id, 2), newest(self.cat.id, 9, Image.SET_ASIDE)])) == set(self.cats[1:])

    def test_more_labels_than_one_statement_may_name_take_more_statements(self):
        with self.assertNumQueries(2):
            found = first_of([newest(self.cat.id, 1)] * MOST_PARTS + [newest(self.dog.id, 1)])
        assert set(found) == {self.cats[3], self.dogs[3]}

    def test_of_no_label_there_is_nothing(self):
        assert first_of([]) == []

    def test_a_card_shows_one_of_each_label_before_a_second_of_any(self):
        assert covers([self.project])[self.project.id] == [self.cats[0], self.dogs[0], self.cats[1]]
