"""What a stranger gets of a project that is shared: every address of the house, by visibility (S2)."""

from itertools import product

from django.utils import timezone

from tests import test_access
from webapp.projects.models import Project
from webapp.sharing.models import Sharing

ASKING = ("ask", "framed")


class Strangers(test_access.House):
    def setUp(self) -> None:
        super().setUp()
        self.strangers = [self.browser(), self.browser(self.charlie)]

    def become(self, **values) -> None:
        Project.objects.filter(id=self.project.id).update(**{"hidden": None} | values)

    def are_let_in(self, rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """Those of these addresses that a stranger finds something at."""
        answers = [(row, self.ask(stranger, *row[:2]).status_code) for row, stranger in product(rows, self.strangers)]
        self.assertNotIn(500, {status for _row, status in answers})  # 503 is right: the model of the house has no file
        return [row for row, status in answers if status not in (401, 404)]

    def test_get_the_card_and_answers_of_what_is_shared_and_nothing_else_of_the_house(self):
        asking, others = test_access.named(*ASKING), test_access.named("view", "edit", "own")
        for visibility in ("unlisted", "public"):
            self.become(visibility=visibility)
            self.assertEqual(self.are_let_in(asking), [row for row in asking for _stranger in self.strangers])
        self.assertEqual(self.are_let_in(others), [])

    def test_get_nothing_of_what_is_private_or_hidden(self):
        for values in ({"visibility": "private"}, {"visibility": "public", "hidden": timezone.now()}):
            self.become(**values)
            self.assertEqual(self.are_let_in(test_access.named(*ASKING)), [])

    def test_find_nothing_of_the_owner_on_what_they_may_open(self):
        self.become(visibility="public")
        Sharing.objects.update(shows_examples=False)
        secrets = [self.alice.email, str(self.alice.id), str(self.bob.id), str(self.project.id), *(str(self.there[f"{thing}_id"]) for thing in ("image", "run", "upload", "answer"))]
        for (name, method, _who), stranger in product(test_access.named(*ASKING), self.strangers):
            answer = self.ask(stranger, name, method)
            if answer.status_code == 404:  # examples, which are not shown
                continue
            text = answer.content.decode("utf-8", "replace")
            with self.subTest(name=name, method=method):
                self.assertEqual([secret for secret in secrets if secret in text], [])
                self.assertNotRegex(text, r"/images/|/runs/|/api/v1/(images|runs|projects)")
