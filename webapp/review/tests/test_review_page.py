import re
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.projects.models import Label
from webapp.review.models import Check, Suggestion

MOST_QUERIES = 8


class ReviewPageTests(Cast):
    def setUp(self):
        super().setUp()
        self.login(self.alice)
        self.page = f"/projects/{self.project.id}/review/"

    def rows(self, label: Label, count: int, **values) -> list[Image]:
        """Pictures without files: the page only names their addresses."""
        start = timezone.now() - timedelta(days=1)
        rows = [Image(project=self.project, label=label, sha256=uuid4().hex * 2, width=9, height=9, size_bytes=9, **values) for _ in range(count)]
        for number, row in enumerate(Image.objects.bulk_create(rows)):
            Image.objects.filter(id=row.id).update(created=start + timedelta(seconds=number))
        return rows

    def doubt(self, image: Image, label: Label, score: float = 0.9) -> None:
        Suggestion.objects.create(image=image, project=self.project, label=label, score=score)

    def queries(self, path: str) -> int:
        self.client.get(path)
        with CaptureQueriesContext(connection) as asked:
            self.assertEqual(self.client.get(path).status_code, 200)
        return len(asked)

    def numbers(self, **query) -> dict[str, int]:
        """The tabs and their counts."""
        page = self.client.get(self.page, query)
        return {tab["show"]: tab["count"] for tab in page.context["tabs"]}

    def test_it_says_what_each_label_needs(self):
        self.rows(self.cat, 60)
        self.rows(self.dog, 20)
        page = self.client.get(self.page)
        self.assertContains(page, "犬 needs about 20 more")
        self.assertContains(page, "About 20 more would help", count=1)

    def test_tabs_count_what_they_show(self):
        self.rows(self.cat, 3)
        self.rows(self.cat, 2, status="set_aside", aside_reason="duplicate", group=uuid4())
        self.rows(self.dog, 1, status="set_aside", aside_reason="off_topic")
        self.rows(self.dog, 1, is_blurred=True)
        self.doubt(self.rows(self.dog, 1)[0], self.cat)
        self.assertEqual(self.numbers(), {"all": 8, "set_aside": 3, "duplicate": 2, "off_topic": 1, "flagged": 1, "wrong_label": 1})
        self.assertEqual(self.numbers(label=self.dog.id), {"all": 3, "set_aside": 1, "duplicate": 0, "off_topic": 1, "flagged": 1, "wrong_label": 1})

    def test_a_picture_that_is_set_aside_says_why(self):
        for reason, words in (("duplicate", "Near duplicate"), ("off_topic", "Something else?"), ("by_hand", "By hand")):
            Image.objects.all().delete()
            self.rows(self.cat, 1, status="set_aside", aside_reason=reason, is_tiny=True)
            self.assertContains(self.client.get(self.page, {"show": "set_aside"}), f'<span class="why">{words} ・ Very small</span>')

    def test_without_scripts_all_pictures_are_reached_page_by_page(self):
        there = {str(image.id) for image in self.rows(self.cat, 70) + self.rows(self.dog, 2)}
        address, found = self.page, []
        for _page in range(3):
            page = self.client.get(address).content.decode()
            found += re.findall(r'name="pick" value="([^"]+)"', page)
            address = re.search(r'<a class="btn" href="([^"]+)">More pictures', page)
            address = address and address[1].replace("&amp;", "&")
        self.assertIsNone(address)
        self.assertEqual((len(found), set(found)), (72, there))

    def test_the_grid_is_sent_the_pictures_in_pieces(self):
        self.rows(self.cat, 600)
        first = self.client.get(f"{self.page}pictures").json()
        second = self.client.get(f"{self.page}pictures", {"after": first["next"]}).json()
        self.assertEqual((len(first["pictures"]), len(second["pictures"]), second["next"]), (500, 100, ""))
        self.assertEqual(len({one["id"] for one in first["pictures"] + second["pictures"]}), 600)

    def test_doubts_come_the_most_certain_first_in_pieces_too(self):
        images = self.rows(self.cat, 3)
        for image, score in zip(images, (0.5, 0.9, 0.7), strict=True):
            self.doubt(image, self.dog, score)
        answer = self.client.get(f"{self.page}pictures", {"show": "wrong_label"}).json()
        self.assertEqual([one["id"] for one in answer["pictures"]], [str(images[1].id), str(images[2].id), str(images[0].id)])
        self.assertEqual(answer["pictures"][0]["like"], str(self.dog.id))
        self.assertContains(self.client.get(self.page, {"show": "wrong_label"}), "This looks like 犬, labelled 猫", count=3)

    def test_many_pictures_and_labels_cost_no_more_queries_than_few(self):
        self.rows(self.cat, 1)
        few = [self.queries(path) for path in (self.page, f"{self.page}?show=wrong_label", f"{self.page}pictures", f"{self.page}summary")]
        self.rows(self.label("うさぎ"), 1000)
        self.rows(self.cat, 1000, status="set_aside", aside_reason="duplicate")
        self.rows(self.dog, 1000)
        many = [self.queries(path) for path in (self.page, f"{self.page}?show=wrong_label", f"{self.page}pictures", f"{self.page}summary")]
        self.assertLessEqual(max(few + many), MOST_QUERIES)
        self.assertEqual((few[0], few[1], few[3]), (many[0], many[1], many[3]))

    def test_nonsense_in_the_address_shows_the_first_page_of_all(self):
        self.rows(self.cat, 2)
        for query in ({"show": "burnt"}, {"after": "x_y"}, {"label": "猫"}, {"show": "wrong_label", "after": "nan_"}):
            self.assertEqual(self.client.get(self.page, query).status_code, 200)
            self.assertEqual(self.client.get(f"{self.page}pictures", query).status_code, 200)

    def test_a_name_that_is_html_stays_text_also_in_data(self):
        self.label("</script><script>alert(1)</script>")
        self.rows(self.cat, 1, name="</script><b>")
        page = self.client.get(self.page).content.decode()
        self.assertNotIn("<script>alert", page)
        self.assertNotIn("</script><b>", page)

    def test_a_check_is_asked_for_once_and_followed_until_it_ends(self):
        self.assertContains(self.client.get(self.page), "Check now")
        for _press in range(2):
            self.client.post(f"{self.page}check")
        check = Check.objects.get()
        self.assertContains(self.client.get(f"{self.page}progress"), "starts in a moment")
        Check.objects.filter(id=check.id).update(status="done", finished=timezone.now(), found={"duplicate": 2, "off_topic": 0, "suggestions": 1})
        ended = self.client.get(f"{self.page}progress")
        self.assertContains(ended, "2 near duplicates set aside ・ 1 probably has a wrong label")
        self.assertEqual(ended["HX-Trigger"], "review-checked")

    def test_a_check_that_found_nothing_says_so(self):
        Check.objects.create(project=self.project, status="done", finished=timezone.now() - timedelta(hours=3), found={})
        page = self.client.get(self.page)
        self.assertContains(page, "Checked 3\xa0hours ago. Nothing stood out.")

    def test_a_failed_check_says_why_and_may_be_asked_for_again(self):
        Check.objects.create(project=self.project, status="failed", finished=timezone.now(), error={"cause": "The disk is full.", "next_step": "Make room."})
        self.assertContains(self.client.get(self.page), "The disk is full. Make room.")
        self.assertContains(self.client.get(self.page), "Check again")

    def test_step_1_says_what_is_worth_a_look(self):
        self.rows(self.cat, 2, status="set_aside", aside_reason="duplicate")
        self.doubt(self.rows(self.dog, 1)[0], self.cat)
        page = self.client.get(f"/projects/{self.project.id}/")
        self.assertContains(page, f'href="{self.page}?show=wrong_label">1 picture looks wrong</a>')
        self.assertContains(page, f'href="{self.page}?show=set_aside">2 set aside</a>')

    def test_for_a_stranger_nothing_of_it_is_there(self):
        self.login(self.charlie)
        for path in ("", "pictures", "summary", "progress"):
            self.assertEqual(self.client.get(self.page + path).status_code, 404)
        self.assertEqual(self.client.post(f"{self.page}check").status_code, 404)
        self.assertEqual(Check.objects.count(), 0)

    def test_step_1_asks_for_the_line_until_a_check_has_ended(self):
        self.rows(self.cat, 2)
        check = Check.objects.create(project=self.project)
        waiting = self.client.get(f"{self.page}line")
        self.assertContains(waiting, "hx-trigger")
        self.assertNotIn("HX-Trigger", waiting)
        Check.objects.filter(id=check.id).update(status=Check.DONE)
        self.doubt(self.rows(self.dog, 1)[0], self.cat)
        ended = self.client.get(f"{self.page}line")
        self.assertContains(ended, "1 picture looks wrong")
        self.assertEqual((ended["HX-Trigger"], b"hx-trigger" in ended.content), ("pictures-changed", False))
