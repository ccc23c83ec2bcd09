import csv
import io
import re
import shutil
import tracemalloc
from unittest import mock

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse

from webapp.core import jobs
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.serving import asking, cache
from webapp.serving.models import Model
from webapp.serving.tests.small import CURVE, coloured, published
from webapp.training.models import Run

EVIL = '"><script>alert(1)</script>'


class TryPageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.address = reverse("serving:try", args=[self.project.id])
        cache.predictors.cache_clear()
        self.login(self.alice)

    def model(self, *labels: str, number: int = 1) -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        return published(run, settings.DATA / "bundle", list(labels))

    def ask(self, content: bytes, address: str = "", **headers):
        return self.client.post(address or self.address, {"image": SimpleUploadedFile("p.jpg", content)}, **headers)

    def test_before_the_first_model_the_page_leads_to_training_or_to_the_run_that_is_live(self) -> None:
        self.assertContains(self.client.get(self.address), reverse("training:runs", args=[self.project.id]))
        run = Run.objects.create(project=self.project)
        page = self.client.get(self.address)
        self.assertContains(page, "It is learning right now")
        self.assertContains(page, reverse("training:run", args=[run.id]))
        assert self.ask(coloured("red")).status_code == 409

    def test_a_form_without_javascript_gets_its_answer_on_the_page_and_nothing_is_kept(self) -> None:
        self.model("赤", "緑", "青")
        page = self.ask(coloured("red"))
        answer = page.context["answer"]
        assert answer["best"]["label"] == "赤" and len(answer["bars"]) == 3
        self.assertContains(page, '<p class="big-num answer-name">赤</p>')
        self.assertContains(page, '<div class="bar', 4)  # one around all of them
        assert not Image.objects.exists()

    def test_the_module_of_the_page_gets_only_what_goes_on_the_board(self) -> None:
        self.model("red", "green", "blue")
        board = self.ask(coloured("blue"), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in board and 'data-winner="blue"' in board

    def test_what_is_no_picture_is_said_in_a_sentence_and_the_page_stays(self) -> None:
        self.model("red", "green")
        for content, status in ((b"<html>", 415), (coloured("red", side=200)[:800], 422), (b"", 422)):
            page = self.ask(content)
            self.assertContains(page, "I could not look at that", status_code=status)
            self.assertContains(page, 'name="image"', status_code=status)
        nothing = self.client.post(self.address)
        self.assertContains(nothing, "Choose a picture first", status_code=422)

    def several(self) -> dict:
        """Three files at once: a red picture, one like nothing that was learned, and none; the first has a name that spreadsheets take for a formula."""
        files = {"=1+1.jpg": coloured("red"), "odd.png": coloured("white", "PNG"), "none.jpg": b"<html>"}
        return {"image": [SimpleUploadedFile(name, content) for name, content in files.items()]}

    def test_several_pictures_at_once_get_a_table_with_an_answer_or_a_reason_for_each(self) -> None:
        self.model("red", "green", "blue")
        page = self.client.post(self.address, self.several())
        rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>.*?(?:<span class="num">(.*?)</span>)?</span></td>', page.content.decode())
        assert rows[:2] == [("=1+1.jpg", "red", "100%"), ("odd.png", "None of these", "")]
        assert rows[2][0] == "none.jpg" and rows[2][1].startswith("This is not a JPG or PNG picture.")

    def test_of_many_pictures_one_is_in_memory_at_a_time_and_together_they_have_a_limit(self) -> None:
        self.model("red", "green", "blue")
        held = [SimpleUploadedFile(f"{number}.jpg", coloured("red") + bytes(3_000_000)) for number in range(6)]
        with mock.patch.object(asking, "MOST_TOGETHER", 18_000_000):
            self.assertContains(self.client.post(self.address, {"image": held}), "Ask about fewer at once", status_code=413)
        request = RequestFactory().post(self.address, {"image": [file.open() for file in held]})
        pictures = asking.posted(request)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        assert sum(len(picture) for _name, picture in pictures) > 18_000_000
        assert tracemalloc.get_traced_memory()[1] < 30_000_000  # 20 of which a file is read into

    def test_the_table_is_a_csv_file_that_no_spreadsheet_calculates_with(self) -> None:
        self.model("red", "green", "+blue")
        page = self.client.post(self.address, self.several())
        answer = self.client.post(self.address, {"table": page.context["sealed"]})
        assert answer["Content-Disposition"] == 'attachment; filename="answers.csv"'
        head, first, odd, none = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert head == ["file", "answer", "none_of_these", "confidence", "problem", "red", "green", "'+blue"]
        assert first == ["'=1+1.jpg", "red", "", "1.0000", "", "1.0000", "0.0000", "0.0000"]
        assert odd[1:3] == ["", "yes"] and none[1:4] == ["", "", ""] and none[4].startswith("This is not")
        assert self.client.post(self.address, {"table": page.context["sealed"] + "x"}).status_code == 422

    def test_another_run_can_be_asked_by_its_own_address(self) -> None:
        first = self.model("a", "b", number=1)
        second = self.model("red", "green", number=2)
        self.assertContains(self.client.get(self.address), reverse("serving:try_model", args=[first.id]))
        page = self.ask(coloured("red"), reverse("serving:try_model", args=[first.id]))
        assert page.context["answer"]["best"]["label"] == "a"
        assert page.context["models"][0].id == second.id

    def test_the_line_for_programs_has_the_real_address(self) -> None:
        model = self.model("red", "green")
        self.assertContains(self.client.get(self.address), f"http://testserver/api/v1/projects/{self.project.id}/predict")
        Model.objects.update(published=None)
        page = self.client.get(reverse("serving:try_model", args=[model.id]))
        self.assertContains(page, f"http://testserver/api/v1/models/{model.id}/predict")

    def test_a_label_that_tries_to_be_a_script_stays_a_label(self) -> None:
        self.model(EVIL, "green")
        for page in (self.client.get(self.address), self.ask(coloured("red"))):
            self.assertNotContains(page, EVIL)
            self.assertContains(page, "&quot;&gt;&lt;script&gt;")

    def test_the_page_asks_as_often_for_three_models_as_for_one(self) -> None:
        self.model("a", "b")
        for more in ((), (2, 3)):
            for number in more:
                self.model("a", "b", number=number)
            Run.objects.update(evaluation={"accuracy": 0.9, "unknown": CURVE})
            with self.assertNumQueries(8):
                self.assertContains(self.client.get(self.address), "data-keep-slider")

    def test_bob_may_ask_and_for_charlie_and_nobody_the_pages_are_not_there(self) -> None:
        pages = [self.address, reverse("serving:try_model", args=[self.model("red", "green").id])]
        self.login(self.bob)
        assert [self.ask(coloured("red"), page).status_code for page in pages] == [200, 200]
        for someone in (self.charlie, None):
            self.client.logout()
            if someone:
                self.login(someone)
            assert [self.client.get(page).status_code for page in pages] == [404, 404]
            assert [self.ask(coloured("red"), page).status_code for page in pages] == [404, 404]

    def test_no_page_has_a_style_or_script_inline(self) -> None:
        self.model("red", "green")
        page = self.ask(coloured("red")).content.decode()
        assert " style=" not in page and "<style" not in page
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
