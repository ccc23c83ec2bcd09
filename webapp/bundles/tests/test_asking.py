from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from webapp.api.tests.calls import ApiCast
from webapp.bundles import agreement, awkward, leaving, services, work
from webapp.bundles.formats.base import Format
from webapp.bundles.models import Packing
from webapp.bundles.tests.making import ModelCast, made
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, UserError
from webapp.serving import golden
from webapp.serving.models import Variant
from webapp.takedown import janitor

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
        with self.assertNumQueries(5):
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
        assert services.current(self.model) == {"onnx": first} and services.source(self.model, services.format_of("openvino")) is self.model.variant

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
    def held(self, wanted: Format, said: dict) -> dict:
        """What is found of a folder whose script says the same to every picture, beside the page, which says red to a red one."""
        bundle = store.local_path(f"{self.model.folder}/bundle.json").parent
        facts = mock.Mock(unseen=[bundle / "golden/1.jpg"] * 60, keep=0.95)
        with mock.patch.object(agreement, "asked", side_effect=lambda _script, files, _check: [{"answer": said}] * len(files)):
            return agreement.held(wanted, bundle.parent / "out", bundle, facts, lambda: None)

    def test_a_folder_that_answers_otherwise_than_the_page_is_not_given_away(self) -> None:
        page = {"red": 1.0, "green": 0.0, "blue": 0.0}
        assert self.held(services.format_of("openvino"), page)["largest_difference"] <= 1e-3
        with pytest.raises(UserError, match="otherwise than the page, by 0.002"):
            self.held(services.format_of("openvino"), page | {"red": 0.998})
        assert self.held(services.format_of("onnx-int8"), page | {"red": 0.9})["same"] == 61
        with pytest.raises(UserError, match="61 of 61 pictures"):
            self.held(services.format_of("onnx-int8"), {"red": 0.4, "green": 0.6, "blue": 0.0})

    def test_of_whole_numbers_two_in_a_hundred_may_differ_and_of_a_few_one(self) -> None:
        for pictures, same, kept in ((100, 98, True), (100, 97, False), (20, 19, True), (20, 18, False)):
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
