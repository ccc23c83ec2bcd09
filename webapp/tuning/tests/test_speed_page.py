"""The page of the speed lab, as it comes from the server: everything that works without scripts."""

import re
import tempfile
from pathlib import Path

from django.urls import reverse

from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.serving.models import Model
from webapp.serving.tests import small
from webapp.training.models import Run
from webapp.tuning.models import Measurement, Tuning
from webapp.tuning.tests.rows import Measured


class SpeedPage(Measured):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.address = reverse("tuning:speed", args=[self.model.id])

    def text(self, **query) -> str:
        answer = self.client.get(self.address, query)
        self.lab = answer.context["lab"]
        return re.sub(r"\s+", " ", answer.content.decode())

    def test_the_most_accurate_that_fits_is_chosen_and_what_it_gives_up_is_said(self):
        page = self.text()
        self.assertEqual(self.lab.chosen.row, self.row("openvino", "fp32"))
        self.assertIn("OpenVINO fp32 fits best: 5.5 ms, 92.0% right.", page)
        self.assertIn("OpenVINO int8 fits best: 3.9 ms, 91.5% right.", self.text(limit="4"))
        self.assertIn("It names 1 fewer of 200 unseen pictures right.", " ".join(self.lab.chosen.given_up))
        self.assertEqual(self.lab.chosen.gain, "1.8 times as fast as the model as it was trained.")

    def test_where_nothing_is_so_fast_the_fastest_is_shown_and_called_too_slow(self):
        self.assertIn("Nothing here answers within 2 ms. The fastest is OpenVINO int8, 160 px: 2.1 ms, 88.0% right.", self.text(limit="2"))
        self.assertEqual((self.lab.chosen.is_over, self.lab.chosen.badge), (True, "Over 2 ms"))

    def test_a_field_shows_the_best_inside_the_limit_and_a_press_chooses_it(self):
        self.text(limit="6")
        cell = {way.row for way in self.lab.ways if way.is_shown and way.name.startswith("OpenVINO int8")}
        self.assertEqual(cell, {self.row("openvino", "int8")})
        self.text(limit="6", threads="1")
        self.assertIn(self.row("openvino", "int8", threads=1), {way.row for way in self.lab.ways if way.is_shown})
        torch = self.row("torch", "fp32")
        self.assertIn("You chose PyTorch fp32: 19.1 ms, 92.0% right.", self.text(limit="6", pick=torch.id))
        self.assertFalse(self.lab.chosen.may_be_used)

    def test_without_a_limit_the_fastest_that_loses_at_most_a_point_is_proposed(self):
        Tuning.objects.update(target_ms=None)
        self.text()
        self.assertEqual((self.lab.limit, self.lab.chosen.row), (3.9, self.row("openvino", "int8")))
        for nonsense in ("abc", "-3", "nan", "1e999"):
            self.text(limit=nonsense, pick="x", size="-1")
            self.assertEqual(self.lab.limit, 3.9)

    def test_the_page_asks_the_database_at_most_eight_times_however_many_rows_there_are(self):
        self.client.get(self.address)
        with self.assertNumQueries(5):
            self.client.get(self.address)
        Measurement.objects.exclude(engine="onnxruntime").delete()
        with self.assertNumQueries(5):
            self.client.get(self.address)

    def test_what_fits_is_said_before_it_can_be_used_and_why_it_cannot_yet(self):
        Measurement.objects.update(files=[])
        Tuning.objects.update(status="running")
        self.assertIn("OpenVINO fp32 fits best: 5.5 ms, 92.0% right.", self.text())
        self.assertEqual((self.lab.chosen.may_be_used, self.lab.chosen.why_not), (False, "It can be used as soon as all of them are measured."))
        Tuning.objects.update(status="done")
        self.text(pick=self.row("openvino", "int8", threads=1).id)
        self.assertIn("Choose one on the yellow line.", self.lab.chosen.why_not)
        self.text(pick=self.row("onnxruntime", "fp32").id)  # the model's own files are always there
        self.assertEqual((self.lab.chosen.may_be_used, self.lab.chosen.why_not), (True, ""))

    def test_of_a_run_that_is_not_in_use_nothing_is_called_in_use(self):
        Model.objects.update(published=None)
        page = self.text()
        self.assertEqual([way for way in self.lab.ways if way.is_used], [])
        self.assertIn("Another run answers now.", page)

    def test_while_it_measures_new_rows_bring_the_board_with_them_and_nothing_else_does(self):
        Tuning.objects.update(status="running", processed=6)
        poll, asked = reverse("tuning:progress", args=[self.tuning.id]), {"HX-Request": "true", "HX-Current-URL": f"http://testserver{self.address}?limit=4"}
        quiet = self.client.get(poll, {"seen": f"{self.tuning.id}:7:7"}, headers=asked).content.decode()
        self.assertIn('hx-trigger="every 1s"', quiet)
        self.assertNotIn("hx-swap-oob", quiet)
        news = self.client.get(poll, {"seen": f"{self.tuning.id}:6:6", "limit": "4"}, headers=asked).content.decode()
        self.assertEqual(news.count("hx-swap-oob"), 4)
        self.assertIn(f'name="next" value="{self.address}?limit=4"', news)
        self.assertEqual(self.client.get(poll, {"seen": f"{self.tuning.id}:0:0"}, headers=asked).headers["HX-Refresh"], "true")

    def test_files_that_are_kept_after_the_last_row_bring_the_button_and_so_does_the_end(self):
        Tuning.objects.update(status="running")
        poll, best = reverse("tuning:progress", args=[self.tuning.id]), self.row("openvino", "fp32")
        Measurement.objects.filter(id=best.id).update(files=[])
        page = self.text()
        self.assertIn("Keeping the best", page)
        self.assertIn("2 of 3 kept", page)
        seen = re.search(r"seen=([^\"]+)", page)[1]
        self.assertNotIn("hx-swap-oob", self.client.get(poll, {"seen": seen}, headers={"HX-Request": "true"}).content.decode())
        Measurement.objects.filter(id=best.id).update(files=["1/bundle.json"])
        for status, known in (("running", seen), ("done", f"{self.tuning.id}:7:7")):
            Tuning.objects.update(status=status)
            self.assertContains(self.client.get(poll, {"seen": known}, headers={"HX-Request": "true"}), "hx-swap-oob", 4)

    def test_times_of_two_moments_are_not_compared(self):
        Measurement.objects.filter(id=self.row("openvino", "fp32").id).update(measured_in=self.tuning.id)
        self.assertIn("Times are true of the machine that measured", self.text())
        self.assertIn("Timed at another moment", self.lab.chosen.gain)
        Measurement.objects.filter(engine="torch").update(measured_in=self.tuning.id)
        self.text(pick=self.row("torch", "fp32").id)
        self.assertNotIn("slower", " ".join(self.lab.chosen.given_up))

    def test_until_the_first_new_time_the_earlier_ones_are_shown(self):
        newer = Tuning.objects.create(project=self.project, model=self.model, status="queued")
        page = self.text()
        self.assertEqual((self.lab.tuning, self.lab.tuning_of_rows, len(self.lab.ways)), (newer, self.tuning, 7))
        self.assertIn("you see those of before", page)
        Tuning.objects.filter(id=newer.id).update(status="failed", error={"cause": "The disk is full.", "next_step": "Make room."})
        page = self.text()
        self.assertIn("The disk is full. Make room.", page)
        self.assertIn("Nothing new was measured. You see the times of before.", page)
        self.assertEqual(len(self.lab.ways), 7)
        self.assertEqual(self.text(tuning=str(self.tuning.id)).count("To the newest"), 1)

    def test_a_model_is_measured_once_however_often_the_button_is_pressed_and_can_be_stopped(self):
        Tuning.objects.all().delete()
        self.assertIn("Nothing measured yet", self.client.get(self.address).content.decode())
        start = reverse("tuning:start", args=[self.model.id])
        for _press in range(2):
            self.assertRedirects(self.client.post(start, {"target_ms": "20"}), self.address)
        tuning = Tuning.objects.get()
        self.assertEqual((tuning.target_ms, tuning.status), (20, "queued"))
        self.client.post(reverse("tuning:cancel", args=[tuning.id]))
        self.assertEqual(Tuning.objects.get().status, "cancelled")
        refused = self.client.post(start, {"target_ms": "soon"})
        self.assertContains(refused, "Choose a time between", status_code=422)


class Using(Cast):
    """With a real model, since what is put in use is loaded first."""

    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick").id, "one")
        self.model = small.published(run, Path(folder.name), ["red", "green"])
        self.tuning = Tuning.objects.create(project=self.project, model=self.model, status="done", machine={"name": "A processor", "cores": 2})
        self.row = self.tuning.rows.create(engine="onnxruntime", precision="fp32", input_size=small.SIDE, threads=1, p50_ms=1, accuracy=0.9, pictures=10, size_bytes=9)
        files = [file for file in Path(folder.name).rglob("*") if file.is_file()]
        names = [f"1/{file.relative_to(folder.name).as_posix()}" for file in files]
        store.put_many([(f"{self.row.folder}/{name}", file.read_bytes()) for name, file in zip(names, files, strict=True)])
        Measurement.objects.filter(id=self.row.id).update(files=names)

    def test_one_press_uses_a_way_and_undo_and_back_lead_to_the_model_as_it_was_trained(self):
        page = reverse("tuning:speed", args=[self.model.id])
        answer = self.client.post(reverse("tuning:use", args=[self.tuning.id]), {"row": self.row.id, "next": f"{page}?limit=5"}, follow=True)
        self.assertEqual(answer.redirect_chain, [(f"{page}?limit=5", 302)])
        self.assertContains(answer, "ONNX Runtime fp32 answers from now on.")
        self.assertContains(answer, "Now in use: ONNX Runtime fp32, 1.0 ms")
        undo = re.search(r'action="(/publications/\d+/undo[^"]*)"', answer.content.decode())[1]
        self.client.post(undo)
        self.assertIsNone(Model.objects.get(id=self.model.id).variant)
        self.client.post(reverse("tuning:use", args=[self.tuning.id]), {"row": self.row.id})
        answer = self.client.post(reverse("tuning:back", args=[self.model.id]), follow=True)
        self.assertContains(answer, "The model answers as it was trained.")
        self.assertIsNone(Model.objects.get(id=self.model.id).variant)

    def test_a_row_of_another_tuning_cannot_be_used_by_this_address(self):
        other = Tuning.objects.create(project=self.project, model=self.model, status="done")
        for row in (self.row.id, "", "x", 10**12):
            self.assertContains(self.client.post(reverse("tuning:use", args=[other.id]), {"row": row}), "Choose one of the ways", status_code=422)
