import pytest

from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.images import services
from webapp.images.models import Image
from webapp.images.queries import gallery, label_counts
from webapp.projects.models import Label, Project


class PictureTests(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.pictures = [self.image(self.cat, seed) for seed in range(3)]

    def counts(self) -> dict[str, int]:
        return {label.name: label.ready_count for label in label_counts(self.project)}

    def test_a_picture_can_get_another_label(self) -> None:
        services.move_image(image=self.pictures[0], label=self.dog)
        assert self.counts() == {"猫": 2, "犬": 1}

    def test_a_picture_never_gets_a_label_of_another_project(self) -> None:
        other = Label.objects.create(project=Project.objects.create(owner=self.charlie, name="Other"), name="x", key="x")
        with pytest.raises(UserError):
            services.move_image(image=self.pictures[0], label=other)
        assert Image.objects.get(id=self.pictures[0].id).label == self.cat

    def test_a_picture_set_aside_is_not_counted_and_comes_back(self) -> None:
        services.set_aside(image=self.pictures[0])
        assert self.counts() == {"猫": 2, "犬": 0}
        assert list(gallery(self.cat, Image.SET_ASIDE)) == [self.pictures[0]]
        services.keep(image=self.pictures[0])
        assert list(gallery(self.cat)) == self.pictures[::-1]

    def test_counting_takes_one_query(self) -> None:
        with self.assertNumQueries(1):
            self.counts()
