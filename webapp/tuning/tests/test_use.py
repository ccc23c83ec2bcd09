"""Putting what was measured in use, going back, and what the API tells of it."""

import json
from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from webapp.api.answers import address
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.serving import cache, golden, switching, variants
from webapp.serving.models import Model, Publication, Variant
from webapp.serving.services import predict, published_model
from webapp.serving.tests.small import coloured
from webapp.takedown import janitor
from webapp.takedown import services as takedown
from webapp.tuning import choosing, services
from webapp.tuning.models import Tuning
from webapp.tuning.tests.benched import Benched


class UseTest(Benched, Cast):
    def setUp(self) -> None:
        super().setUp()
        self.tuning = self.tuned(target_ms=4)
        self.best = self.row(self.tuning, "openvino", "fp32")

    def use(self, row=None) -> Publication | None:
        return services.use(measurement=row or self.best, by=self.bob)

    def answering(self) -> tuple[int, str | None]:
        """The number of the run that answers, and how its model is packed."""
        model = published_model(self.project)
        return model.run.number, model.variant and model.variant.name

    def test_one_press_has_the_model_answer_as_it_was_packed_and_undo_goes_back(self) -> None:
        done = self.use()
        assert (done.cause, done.by, done.packing, self.answering()) == ("packed", self.bob, "openvino-fp32-8-t2", (1, "openvino-fp32-8-t2"))
        assert predict(model=published_model(self.project), data=coloured("red")).answers[0][0] == "猫"
        back = switching.take_back(publication=done, by=self.bob)
        assert (back.cause, back.packing, self.answering()) == ("undone", "", (1, None))
        switching.take_back(publication=back, by=self.bob)
        assert self.answering() == (1, "openvino-fp32-8-t2")
        assert self.use() is None and services.made(self.best).id == Variant.objects.get().id

    def test_a_model_that_is_not_in_use_is_put_in_use_with_it_and_undo_brings_the_other_back(self) -> None:
        self.trained(2)
        done = self.use()
        assert self.answering() == (1, "openvino-fp32-8-t2")
        for _time in range(2):
            undone = switching.take_back(publication=done, by=self.bob)
            assert self.answering() == (2, None) and undone.variant_before.name == "openvino-fp32-8-t2"
            assert Model.objects.get(id=self.model.id).variant is None  # it, too, is as it was
            Variant.objects.update(created="2020-01-01T00:00Z")
            assert variants.sweep() == 0
            done = switching.take_back(publication=undone, by=self.bob)
            assert self.answering() == (1, "openvino-fp32-8-t2")

    def test_the_model_as_it_was_trained_needs_no_files_and_is_a_way_back(self) -> None:
        self.use()
        self.use(self.row(self.tuning, "onnxruntime", "fp32"))
        assert self.answering() == (1, None)
        assert [row.packing for row in switching.history(self.project)] == ["", "openvino-fp32-8-t2", ""]
        self.use()
        assert variants.as_trained(model=self.model, by=self.bob).packing == "" and self.answering() == (1, None)

    def test_what_may_not_answer_or_is_not_kept_changes_nothing_and_says_why(self) -> None:
        for engine, precision, code in (("torch", "fp32", "not_served"), ("onnxruntime", "int8", "not_kept")):
            with pytest.raises(UserError) as refused:
                self.use(self.row(self.tuning, engine, precision))
            assert refused.value.code == code
        for name in self.best.files:
            if name.endswith("model.onnx"):
                store.put(f"{self.best.folder}/{name}", b"no network")
        with self.captureOnCommitCallbacks(execute=True), pytest.raises(UserError) as refused:
            self.use()
        assert refused.value.status == 503 and self.answering() == (1, None)
        assert not Variant.objects.exists() and not list(store.walk(f"{self.model.folder}/variants"))

    def test_a_variant_whose_files_are_lost_or_damaged_is_whole_again_after_one_press(self) -> None:
        self.use()
        self.use(self.row(self.tuning, "onnxruntime", "fp32"))
        variant = Variant.objects.get()
        for harm in (lambda name: store.delete(name), lambda name: store.put(name, b"no network")):
            harm(f"{variant.folder}/model.onnx")
            cache.predictors.cache_clear()
            assert self.use().cause == "packed" and Variant.objects.get() == variant and services.is_whole(variant)
            self.use(self.row(self.tuning, "onnxruntime", "fp32"))

    def test_a_variant_that_cannot_be_loaded_is_not_tried_at_every_question_and_a_press_tries_it_at_once(self) -> None:
        self.use()
        cache.predictors.cache_clear()
        model = published_model(self.project)
        file = f"{Variant.objects.get().folder}/model.onnx"
        content = store.get(file)
        store.delete(file)
        with patch.object(cache, "load_variant", wraps=cache.load_variant) as load:
            answers = [cache.predictors().of(model).bundle.engine for _question in range(3)]
            assert load.call_count == 1 and answers == ["onnxruntime"] * 3
            store.put(file, content)
            cache.predictors().packed(model, model.variant_id)
            cache.predictors().of(model)
            assert load.call_count == 2
            cache.predictors()._broken[model.id, model.variant_id] = 0.0
            cache.predictors().of(model)
            assert load.call_count == 2  # it is held

    def test_a_variant_takes_no_more_threads_than_this_machine_has_and_is_counted_by_what_it_holds(self) -> None:
        self.use()
        Variant.objects.update(threads=64)
        with patch.object(cache.os, "cpu_count", lambda: 1), patch.object(cache, "Predictor", wraps=cache.Predictor) as made:
            predictor = cache.load_variant(self.model, Variant.objects.get().id)
        assert made.call_args.args[1] == 1
        size = predictor.bundle.size_bytes
        compiled = replace(predictor.bundle, engine="openvino")
        assert [cache.held_bytes(SimpleNamespace(bundle=bundle)) for bundle in (predictor.bundle, compiled)] == [2 * size, size + 50_000_000]

    def test_what_is_put_in_use_while_the_sweep_looks_keeps_its_row(self) -> None:
        self.use()
        self.use(self.row(self.tuning, "onnxruntime", "fp32"))
        variants.as_trained(model=self.model, by=self.bob)
        variant = Variant.objects.get()
        Variant.objects.update(created="2020-01-01T00:00Z")
        Publication.objects.all().delete()
        with patch.object(variants, "lock", lambda project_id: Model.objects.update(variant=variant)):  # somebody else had the lock until now
            assert variants.sweep() == 0
        assert Variant.objects.exists() and published_model(self.project).variant == variant
        Model.objects.update(variant=None)
        assert variants.sweep() == 1

    def test_where_it_cannot_be_loaded_the_model_answers_as_it_was_trained(self) -> None:
        self.use()
        cache.predictors.cache_clear()
        store.delete_folder(Variant.objects.get().folder)
        assert predict(model=published_model(self.project), data=coloured("red")).answers[0][0] == "猫"

    def test_a_picture_that_is_taken_down_leaves_what_is_in_use_too(self) -> None:
        content = store.get(self.learned[0].file_name)
        store.put(f"{self.model.folder}/golden/1.jpg", content)
        self.use()
        variant = Variant.objects.get()
        assert "golden/1.jpg" in variant.files
        with self.captureOnCommitCallbacks(execute=True):
            takedown.take_down(images=[self.learned[0]], project=self.project)
        variant.refresh_from_db()
        assert "golden/1.jpg" not in variant.files and not store.exists(f"{variant.folder}/golden/1.jpg")
        assert json.loads(store.get(f"{variant.folder}/{golden.LIST}")) == []

    def test_a_picture_that_is_taken_down_while_a_variant_is_made_is_left_out_of_it(self) -> None:
        store.put(f"{self.model.folder}/golden/1.jpg", store.get(self.learned[0].file_name))
        put = store.put_many

        def taken_down_meanwhile(files: list) -> None:
            put(files)
            self.swap(store, "put_many", put)
            takedown.take_down(images=[self.learned[0]], project=self.project)  # its file goes later, when the database has agreed

        self.swap(store, "put_many", taken_down_meanwhile)
        self.use()
        variant = Variant.objects.get()
        assert "golden/1.jpg" not in variant.files and not store.exists(f"{variant.folder}/golden/1.jpg")

    def test_a_variant_and_a_take_down_wait_for_one_another(self) -> None:
        for act, table in ((lambda: services.made(self.best), "INSERT"), (lambda: takedown.mark_runs(self.project.id, []), 'FROM "serving_variant"')):
            with CaptureQueriesContext(connection) as queries:
                act()
            asked = [query["sql"].replace("`", '"') for query in queries]
            seen = [sql for sql in asked if 'FROM "projects_project" WHERE' in sql or (table in sql and "serving_variant" in sql)]
            assert len(seen) >= 2 and "projects_project" in seen[0] and "serving_variant" in seen[-1]

    def test_the_sweep_keeps_what_answers_and_what_undo_needs_and_nothing_else(self) -> None:
        self.use()
        first = Variant.objects.get()
        self.use(self.row(self.tuning, "openvino", "int8"))
        Variant.objects.update(created="2020-01-01T00:00Z")
        janitor.sweep(older_than=-1)
        assert Variant.objects.count() == 2
        assert all(store.exists(f"{self.best.folder}/{name}") for name in self.best.files)
        self.trained(2)
        janitor.sweep(older_than=-1)
        assert not Variant.objects.filter(id=first.id).exists() and not list(store.walk(first.folder))
        assert list(store.walk(Variant.objects.get().folder))

    def test_what_is_chosen_fits_the_limit_and_says_what_it_gives_up(self) -> None:
        rows = list(self.tuning.rows.all())
        names = [choosing.chosen(rows, limit) for limit in (None, 2.5, 100, 1)]
        assert [row and (row.engine, row.precision) for row in names] == [("openvino", "fp32"), ("openvino", "int8"), ("openvino", "fp32"), None]
        assert [(row.engine, row.precision) for row in choosing.front(rows)] == [("openvino", "int8"), ("openvino", "fp32")]
        before = choosing.baseline(rows)
        assert choosing.given_up(self.best, before) == ["It gives up nothing that we can see: all 4 unseen pictures get the same answer."]
        assert choosing.given_up(names[1], before) == ["It names 1 fewer of 4 unseen pictures right.", "It answers 1 of 4 otherwise than before, rightly or wrongly."]

    def test_programs_read_what_was_measured_use_it_and_go_back(self) -> None:
        self.login(self.bob)
        told = self.client.get(address("get_tuning", self.tuning.id, "tuning_id")).json()
        assert told["chosen"]["id"] == self.best.id and told["chosen"]["usable"] and len(told["rows"]) == 6
        assert [row["in_use"] for row in told["rows"] if row["on_best_line"]] == [False, False]
        used = self.client.post(address("use_tuning", self.tuning.id, "tuning_id"), content_type="application/json").json()
        assert (used["engine"], used["variant"]["precision"], used["published"]) == ("openvino", "fp32", True)
        answer = self.client.post(address("predict_by_project", self.project.id, "project_id"), coloured("red"), content_type="image/jpeg")
        assert answer.json()["predictions"][0]["label"] == "猫"
        back = self.client.delete(address("discard_variant", self.model.id, "model_id")).json()
        assert (back["engine"], back["variant"]) == ("onnxruntime", None)

    def test_programs_start_a_tuning_stop_it_and_are_told_what_is_wrong(self) -> None:
        self.login(self.bob)
        started = self.client.post(address("create_tuning", self.model.id, "model_id"), {"target_ms": 20, "anew": True}, content_type="application/json")
        assert started.status_code == 202 and started["Location"] == address("get_tuning", started.json()["id"], "tuning_id")
        stopped = self.client.post(address("cancel_tuning", started.json()["id"], "tuning_id"))
        assert stopped.json()["status"] == "cancelled"
        wrong = [{"target_ms": 0}, {"target_ms": "soon"}, {"other": 1}]
        assert {self.client.post(address("create_tuning", self.model.id, "model_id"), body, content_type="application/json").status_code for body in wrong} == {422}
        Tuning.objects.filter(id=self.tuning.id).update(target_ms=0.5)
        assert self.client.post(address("use_tuning", self.tuning.id, "tuning_id"), content_type="application/json").json()["error"]["code"] == "nothing_fits"

    def test_the_list_of_models_says_how_each_is_packed(self) -> None:
        self.use()
        self.login(self.bob)
        page = self.client.get(reverse("serving:models", args=[self.project.id]))
        self.assertContains(page, "answers as OpenVINO fp32, 8 px")
        assert Model.objects.get(id=self.model.id).engine == "onnxruntime"
