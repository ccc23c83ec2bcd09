from webapp.core.test import Cast
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, OWN, VIEW, visible


class TheGate(Cast):
    def test_the_owner_may_everything(self):
        for need in (VIEW, EDIT, OWN):
            self.assertEqual(list(visible(self.alice, Project, need)), [self.project])

    def test_a_member_may_edit_but_not_own(self):
        self.assertEqual(visible(self.bob, Label, EDIT).count(), 2)
        self.assertFalse(visible(self.bob, Project, OWN).exists())

    def test_a_stranger_sees_nothing(self):
        self.assertFalse(visible(self.charlie, Label).exists())
