from webapp.core.test import Cast
from webapp.images.rows import GUIDE, shelf


class ProjectPageTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/"

    def fill(self, label, count: int) -> None:
        for seed in range(count):
            self.image(label, seed)

    def test_an_empty_project_says_what_is_missing_and_offers_to_collect(self):
        page = self.client.get(self.page)
        self.assertContains(page, "To start I need at least 2 labels with 5 pictures each.")
        self.assertContains(page, f"{self.page}collect")
        self.assertNotContains(page, 'class="btn sun big wide" href')

    def test_with_five_pictures_of_two_labels_the_next_step_is_to_train(self):
        self.fill(self.cat, 5)
        self.fill(self.dog, 4)
        self.assertContains(self.client.get(self.page), "犬: 1 more")
        self.image(self.dog, 4)
        self.assertContains(self.client.get(self.page), f'class="btn sun big wide" href="{self.page}train/"')

    def test_a_label_without_pictures_is_left_out_and_said_to_be(self):
        self.label("うさぎ")
        self.fill(self.cat, 5)
        self.fill(self.dog, 5)
        page = self.client.get(self.page)
        self.assertContains(page, "“うさぎ” has no pictures yet, so it is left out this time.")
        self.assertContains(page, 'class="btn sun big wide" href')

    def test_what_would_help_is_a_number(self):
        self.fill(self.cat, 6)
        self.assertContains(self.client.get(self.page), f"About {GUIDE - 6} more would help")

    def test_the_first_pictures_are_shown_and_all_on_request(self):
        self.fill(self.cat, 25)
        self.assertContains(self.client.get(self.page), 'name="pick"', count=23)
        self.assertContains(self.client.get(self.page, {"all": str(self.cat.id)}), 'name="pick"', count=25)

    def test_while_pictures_come_in_nobody_is_asked_to_collect_more(self):
        self.project.uploads.create(total=3)
        page = self.client.get(self.page)
        self.assertContains(page, "Pictures are coming in")
        self.assertNotContains(page, f"{self.page}collect")

    def test_rows_stand_in_the_order_of_their_labels(self):
        self.label("うさぎ")
        self.fill(self.dog, 2)
        self.assertEqual([row.label.name for row in shelf(self.project).rows], ["猫", "犬", "うさぎ"])

    def test_three_labels_cost_as_many_queries_as_one(self):
        self.dog.delete()
        self.fill(self.cat, 3)
        self.client.get(self.page)
        with self.assertNumQueries(8):
            self.client.get(self.page)
        for name in ("うさぎ", "ラーメン"):
            self.fill(self.label(name), 3)
        with self.assertNumQueries(8):
            self.assertContains(self.client.get(self.page), "label-row", count=3)

    def test_a_label_that_is_html_stays_text_everywhere(self):
        self.label('"><script>')
        page = self.client.get(self.page).content.decode()
        self.assertIn("&quot;&gt;&lt;script&gt;", page)
        self.assertNotIn('"><script>', page.replace('defer></script>', ""))

    def test_the_page_is_japanese_for_who_reads_japanese(self):
        self.assertContains(self.client.get(self.page, headers={"Accept-Language": "ja"}), '<html lang="ja"')

    def test_a_member_sees_it_and_a_stranger_does_not(self):
        for person, status in ((self.bob, 200), (self.charlie, 404)):
            self.login(person)
            self.assertEqual(self.client.get(self.page).status_code, status)
            self.assertEqual(self.client.get(f"{self.page}shelf").status_code, status)

    def test_the_changing_parts_come_by_themselves_and_new_labels_with_them(self):
        self.fill(self.cat, 2)
        parts = self.client.get(f"{self.page}shelf", {"rows": "1"})
        self.assertContains(parts, f'id="head-{self.cat.id}" hx-swap-oob="true"')
        self.assertContains(parts, f'id="label-{self.dog.id}"')
        self.assertNotContains(parts, "<html")
        self.assertNotContains(parts, f'id="label-{self.cat.id}"')
