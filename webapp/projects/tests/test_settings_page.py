from webapp.core.test import Cast


class SettingsPageTests(Cast):
    def setUp(self):
        super().setUp()
        self.page = f"/projects/{self.project.id}/settings"

    def test_owner_and_members_see_it_and_come_to_it_from_the_project(self):
        for person in (self.alice, self.bob):
            self.login(person)
            self.assertContains(self.client.get(f"/projects/{self.project.id}/"), f'href="{self.page}"')
            self.assertContains(self.client.get(self.page), "The model that answers")

    def test_for_a_stranger_it_is_not_there(self):
        self.login(self.charlie)
        self.assertEqual(self.client.get(self.page).status_code, 404)
