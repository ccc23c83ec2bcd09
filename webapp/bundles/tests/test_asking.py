import json
import re
from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from webapp.api.tests.calls import ApiCast
from webapp.bundles import agreement, at_once, awkward, leaving, services, work
from webapp.bundles.formats.base import Format
from webapp.bundles.models import Packing
from webapp.bundles.tests.making import ModelCast, made, opened
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, UserError
from webapp.images.models import Image
from webapp.images.services import delete_images
from webapp.projects.models import Project
from webapp.serving import golden
from webapp.serving.models import Model, Variant
from webapp.takedown import janitor
from webapp.training.models import Run

NOTHING = mock.patch.object(awkward, "pictures", return_value={})  # drawing and asking about them takes a second, and is tested elsewhere


@NOTHING
class Asking(ModelCast):
    def setUp(self) -> None:
        super().setUp()
        self.page = f"/models/{self.model.id}/take/"

    def test_a_press_makes_onnx_at_once_and_the_download_goes_on_where_it_was_cut(self, _drawn) -> None:
        self.login(self.bob)
        assert b"Download" not in self.client.get(self.page).content
        assert self.client.post(f"{self.page}onnx/make").url == f"{self.page}#onnx"
        with self.assertNumQueries(7):
            shown = self.client.get(self.page).content.decode()
        assert "byte by byte" in shown and f"{self.page}onnx/model.zip" in shown
        whole = b"".join(self.client.get(f"{self.page}onnx/model.zip").streaming_content)
        part = self.client.get(f"{self.page}onnx/model.zip", headers={"Range": "bytes=100-"})
        assert (part.status_code, b"".join(part.streaming_content)) == (206, whole[100:]) and "animals-run-1-onnx.zip" in self.client.get(f"{self.page}onnx/model.zip")["Content-Disposition"]

    def test_what_must_be_converted_waits_for_a_worker_and_can_be_stopped(self, _drawn) -> None:
        self.login(self.alice)
        for _press in range(2):
            self.client.post(f"{self.page}openvino/make")
        assert Packing.objects.count() == 1 and "Will be made" in self.client.get(f"{self.page}openvino/", headers={"HX-Request": "true"}).content.decode()
        assert self.client.get(f"{self.page}openvino/model.zip").status_code == 409
        self.client.post(f"{self.page}openvino/cancel")
        assert Packing.objects.get().status == "cancelled" and b"Try again" in self.client.get(self.page).content
        assert self.client.get(f"{self.page}pickle/model.zip").status_code == 422

    def test_a_zip_is_out_of_date_when_it_would_answer_or_refuse_otherwise(self, _drawn) -> None:
        first = made(self.model, "onnx")
        assert made(self.model, "onnx") == first
        self.model.keep = 0.9
        assert not services.current(self.model)
        self.model.keep, self.model.variant = first.model.keep, Variant(engine="onnxruntime", precision="fp32", sha256="1" * 64)
        assert not services.current(self.model)
        self.model.variant = Variant(engine="openvino", precision="int8", sha256="1" * 64)
        assert not services.current(self.model), "it must say that another one answers"
        assert services.source(self.model, services.format_of("openvino")) is self.model.variant
        self.model.variant = None
        assert services.current(self.model) == {"onnx": first}

    def test_a_zip_is_out_of_date_when_what_it_says_of_names_and_pictures_is(self, _drawn) -> None:
        def seal() -> str:
            return services.seal(Model.objects.get(), services.format_of("onnx"))

        seals = [seal()]
        for change in (
            lambda: Project.objects.update(name="Sea animals"), lambda: Run.objects.update(name="Best"), lambda: Image.objects.filter(id=self.cats[0].id).update(license="CC0"),
            lambda: Image.objects.filter(id=self.golden[0].id).update(license="CC0", title="A cat"), lambda: delete_images(images=self.cats[:1]), lambda: delete_images(images=self.golden),
        ):
            change()
            seals.append(seal())
        assert len(set(seals)) == 7
        self.image(self.cat, 9)
        assert seal() == seals[-1], "a new picture is in no ZIP"

    def test_a_deleted_picture_leaves_with_no_zip_and_no_page(self, _drawn) -> None:
        there = opened(made(self.model, "html"))
        assert json.loads(re.search(r'id="proof">([^<]*)<', there.read("index.html").decode())[1])[0]["name"] == "1.jpg"
        notes = there.read("LICENCES.md").decode()
        assert "* `1.jpg`: brought by" in notes and "inside `index.html`" in notes and "golden/" not in notes and "up to five" in there.read("index.html").decode()
        delete_images(images=self.golden)
        archives = [opened(made(self.model, key)) for key in ("onnx", "html")]
        assert "golden/1.jpg" not in archives[0].namelist() and json.loads(archives[0].read("golden/golden.json")) == [] and b"golden/1.jpg" not in archives[0].read("LICENCES.md")
        assert re.search(r'id="proof">([^<]*)<', archives[1].read("index.html").decode())[1] == "[]"

    def test_what_is_large_or_learned_from_many_pictures_is_left_to_a_worker(self, _drawn) -> None:
        onnx = services.format_of("onnx")
        assert not services.needs_worker(self.model, onnx)
        self.model.run.train_images = services.MOST_PICTURES + 1
        assert services.needs_worker(self.model, onnx)
        self.model.run.train_images, self.model.size_bytes = 0, services.MOST_BYTES + 1
        assert services.needs_worker(self.model, onnx) and at_once.get(model=self.model, key="onnx").status == "queued"

    def test_while_one_is_made_in_this_process_another_waits_in_line(self, _drawn) -> None:
        with mock.patch.object(at_once, "PATIENCE", 0.01), at_once.one_at_a_time:
            assert at_once.get(model=self.model, key="onnx").status == "queued"
        assert at_once.get(model=self.model, key="onnx").status == "done"

    def test_a_making_that_is_taken_away_or_stopped_is_no_fault_of_the_page(self, drawn) -> None:
        self.login(self.alice)
        drawn.side_effect = lambda: Packing.objects.update(fence=9, status="queued") and {}
        assert self.client.post(f"{self.page}onnx/make").status_code == 302
        assert Packing.objects.get().status == "queued"
        drawn.side_effect = lambda: Packing.objects.update(cancel_requested=True) and {}
        self.client.post(f"{self.page}onnx/make")
        assert Packing.objects.get().status == "cancelled"
        drawn.side_effect = lambda: Packing.objects.all().delete() and {}
        assert self.client.post(f"{self.page}onnx/make").status_code == 404

    def test_a_zip_says_when_another_form_of_the_model_answers_here(self, _drawn) -> None:
        way = {"precision": "int8", "input_size": 8, "threads": 1, "accuracy": 0.9, "changed": 1, "p50_ms": 1, "size_bytes": 1, "sha256": "1" * 64}
        Model.objects.update(variant=Variant.objects.create(model=self.model, engine="openvino", **way))
        self.model.refresh_from_db()
        for key in ("onnx", "server"):
            assert b"packed for speed (openvino int8)" in opened(made(self.model, key)).read("README.md")
        self.login(self.alice)
        shown = self.client.get(self.page).content.decode()
        assert "The network as it was trained, byte by byte" in shown and "that answers here, byte by byte" not in shown

    def test_golden_pictures_that_are_taken_out_are_in_no_zip_any_more(self, _drawn) -> None:
        done, running = made(self.model, "onnx"), services.start(model=self.model, key="server")
        mine = jobs.claim(Packing, running.id, "one")
        with self.captureOnCommitCallbacks(execute=True):
            golden.forget(self.model, {golden.digest(f"{self.model.folder}/golden/1.jpg")})
        assert not store.exists(done.file_name) and not Packing.objects.filter(id=done.id).exists()
        with pytest.raises(LeaseLost):
            work.finish(mine, lambda: None)
        assert not store.exists(mine.file_name)

    def test_the_sweep_leaves_zips_alone_for_a_month_and_those_of_deleted_models_never(self, _drawn) -> None:
        packing = made(self.model, "onnx")
        stray = f"{self.model.folder}/bundles/stray.zip"
        store.put(stray, b"x")
        with self.captureOnCommitCallbacks(execute=True):
            janitor.sweep(older_than=0)
            assert store.exists(packing.file_name) and not store.exists(stray)
            Packing.objects.update(finished=timezone.now() - leaving.KEPT - timedelta(hours=1))
            janitor.sweep()
        assert not store.exists(packing.file_name) and not Packing.objects.exists()

    def test_a_model_whose_file_is_gone_is_said_to_be_damaged_and_the_row_says_it_too(self, _drawn) -> None:
        store.delete(f"{self.model.folder}/model.onnx")
        with pytest.raises(UserError, match="damaged"):
            made(self.model, "onnx")
        assert Packing.objects.get().status == "failed" and "damaged" in Packing.objects.get().error["cause"]


class KeepingItsWord(ModelCast):
    def held(self, wanted: Format, said: dict, unseen: int = 60) -> dict:
        """What is found of a folder whose script says the same to every picture, beside the page, which says red to a red one."""
        bundle = store.local_path(f"{self.model.folder}/bundle.json").parent
        for name in store.walk(self.model.folder):
            store.local_path(name)  # out of a bucket each comes by itself
        facts = mock.Mock(unseen=[bundle / "golden/1.jpg"] * unseen, keep=0.95)
        with mock.patch.object(agreement, "asked", side_effect=lambda _script, files, _check: [{"answer": said}] * len(files)):
            return agreement.held(wanted, bundle.parent / "out", bundle, facts, lambda: None)

    def test_a_folder_that_answers_otherwise_than_the_page_is_not_given_away(self) -> None:
        page = {"red": 1.0, "green": 0.0, "blue": 0.0}
        assert self.held(services.format_of("openvino"), page)["largest_difference"] <= 1e-3
        with pytest.raises(UserError, match="otherwise than the page, by 0.002"):
            self.held(services.format_of("openvino"), page | {"red": 0.998})
        assert self.held(services.format_of("onnx-int8"), page | {"red": 0.9})["same"] == 60
        assert self.held(services.format_of("onnx-int8"), page)["enough"] and not self.held(services.format_of("onnx-int8"), page, 3)["enough"]
        with pytest.raises(UserError, match="60 of 60 pictures"):
            self.held(services.format_of("onnx-int8"), {"red": 0.4, "green": 0.6, "blue": 0.0})

    def test_of_whole_numbers_two_in_a_hundred_may_differ_and_of_a_few_one_or_none(self) -> None:
        for pictures, same, kept in ((100, 98, True), (100, 97, False), (50, 49, True), (20, 19, True), (20, 18, False), (9, 9, True), (2, 1, False)):
            assert agreement.keeps_word({"exact": False, "pictures": pictures, "same": same, "largest_difference": 0.5}) is kept


@NOTHING
class Api(ModelCast, ApiCast):
    def test_what_is_ready_comes_at_once_and_what_is_not_is_begun(self, _drawn) -> None:
        address = f"/api/v1/models/{self.model.id}"
        answer = self.api.get(f"{address}/bundle", {"format": "openvino"})
        assert (answer.status_code, answer["Location"], answer["Retry-After"]) == (202, f"{address}/bundles/openvino", "2")
        assert self.api.get(answer["Location"]).json()["status"] == "queued" and Packing.objects.count() == 1
        assert self.api.get(f"{address}/bundle")["Content-Type"] == "application/zip"
        states = {item["format"]: item["status"] for item in self.api.get(f"{address}/bundles").json()["items"]}
        assert states == {"onnx": "done", "onnx-int8": "none", "openvino": "queued", "server": "none", "html": "none"}
