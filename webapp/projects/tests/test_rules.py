from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from webapp.accounts.models import User
from webapp.core.test import Cast
from webapp.projects.models import Label, Project
from webapp.projects.rules import ASK, EDIT, OWN, VIEW, editable, may_edit, visible
from webapp.projects.services import create_project


class TheGate(Cast):
    def test_the_owner_may_everything(self):
        for need in (VIEW, EDIT, OWN):
            self.assertEqual(list(visible(self.alice, Project, need)), [self.project])

    def test_a_member_may_edit_but_not_own(self):
        self.assertEqual(visible(self.bob, Label, EDIT).count(), 2)
        self.assertFalse(visible(self.bob, Project, OWN).exists())

    def test_a_stranger_sees_nothing(self):
        self.assertFalse(visible(self.charlie, Label).exists())

    def test_everybody_may_ask_what_is_shared_and_not_hidden(self):
        strangers = (self.charlie, AnonymousUser())
        self.assertFalse(any(visible(person, Project, ASK).exists() for person in strangers))
        for visibility in ("unlisted", "public"):
            Project.objects.filter(id=self.project.id).update(visibility=visibility)
            self.assertTrue(all(visible(person, Project, ASK).exists() for person in strangers))
            self.assertFalse(any(visible(person, Project).exists() for person in strangers))
        Project.objects.filter(id=self.project.id).update(hidden=timezone.now())
        self.assertEqual([visible(person, Project, ASK).exists() for person in (self.alice, *strangers)], [True, False, False])

    def test_who_is_stood_for_by_a_key_sees_one_project_alone(self):
        other = create_project(owner=self.alice, labels=["a"])
        self.alice.only_project = self.project.id
        self.assertEqual(list(visible(self.alice, Project)), [self.project])
        self.assertFalse(visible(self.alice, Label).filter(project=other).exists())

    def test_whether_a_person_may_edit_is_told_alike_of_one_project_and_as_a_column(self):
        other = create_project(owner=self.alice, labels=["a"])
        key = User.objects.get(id=self.alice.id)
        key.only_project = other.id
        people = {self.alice: True, self.bob: True, self.charlie: False, AnonymousUser(): False}
        for person, may in [*people.items(), (key, False)]:
            column = Project.objects.annotate(may=editable(person, Project)).get(id=self.project.id).may
            self.assertEqual((may_edit(person, self.project), column), (may, may), person)
