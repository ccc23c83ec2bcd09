import io
import shutil
import threading
from unittest import mock

import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.serving import cache, services
from webapp.serving.cache import Predictors
from webapp.serving.models import Model
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run


class PredictTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.model = self.make(["red", "green", "blue"])
        cache.predictors.cache_clear()

    def make(self, labels: list[str], number: int = 1) -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        return published(run, settings.DATA / "bundle", labels)

    def refusal(self, data: bytes) -> UserError:
        with pytest.raises(UserError) as caught:
            services.predict(model=self.model, data=data)
        return caught.value

    def test_the_answers_come_best_first(self) -> None:
        for colour in ("red", "green", "blue"):
            # css green is half as bright, and no less green
            prediction = services.predict(model=self.model, data=coloured(colour, "PNG"), top=2)
            assert prediction.answers[0][0] == colour and len(prediction.answers) == 2 and not prediction.unknown
            assert 1 >= prediction.answers[0][1] > prediction.answers[1][1] >= 0

    def test_what_is_no_picture_is_refused_with_a_sentence_and_a_status(self) -> None:
        cases = {b"": (422, "empty"), b"<html>": (415, "not_a_picture"), coloured("red", "GIF"): (415, "not_a_picture")}
        cases |= {coloured("red", side=200)[:800]: (422, "damaged"), bytes(20_000_001): (413, "too_large")}
        for data, expected in cases.items():
            error = self.refusal(data)
            assert (error.status, error.code) == expected and str(error).endswith(".")

    def test_a_picture_of_a_hundred_megapixels_is_refused_before_it_is_decoded(self) -> None:
        out = io.BytesIO()
        Image.fromarray(np.zeros((10_000, 10_000), np.uint8)).save(out, "PNG")
        assert self.refusal(out.getvalue()).code == "too_many_pixels"

    def test_a_png_larger_than_phones_make_them_is_refused_with_the_way_out(self) -> None:
        out = io.BytesIO()
        Image.new("L", (4001, 3000)).save(out, "PNG")
        error = self.refusal(out.getvalue())
        assert (error.status, error.code) == (422, "too_large_for_png") and "send it as JPG" in str(error)

    def test_a_damaged_model_is_503_and_other_models_go_on(self) -> None:
        other = self.make(["a", "b", "c"], number=2)
        file = store.local_path(f"{self.model.folder}/model.onnx")
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        for damage in (bytes(content), bytes(content)[:100], None):
            file.unlink() if damage is None else file.write_bytes(damage)
            error = self.refusal(coloured("red"))
            assert (error.status, error.code) == (503, "model_damaged")
        assert services.predict(model=other, data=coloured("red")).answers

    def test_a_whole_model_that_is_not_the_one_of_the_row_is_refused(self) -> None:
        for values in ({"sha256": "0" * 64}, {"labels": ["blue", "green", "red"]}):
            model = Model(id=self.model.id, project=self.project, **{"files": self.model.files, "sha256": self.model.sha256, "size_bytes": 9, "labels": self.model.labels} | values)
            with pytest.raises(UserError) as caught:
                services.predict(model=model, data=coloured("red"))
            assert caught.value.code == "model_damaged"

    def test_a_model_that_came_back_answers_again(self) -> None:
        file = store.local_path(f"{self.model.folder}/model.onnx")
        content = file.read_bytes()
        file.unlink()
        assert self.refusal(coloured("red")).code == "model_damaged"
        file.write_bytes(content)
        assert services.predict(model=self.model, data=coloured("red")).answers

    def test_a_model_is_loaded_once_however_many_ask_at_once(self) -> None:
        predictors, answers = Predictors(), []
        with mock.patch.object(cache, "load", wraps=cache.load) as load:
            threads = [threading.Thread(target=lambda: answers.append(predictors.of(self.model))) for _number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert load.call_count == 1 and len(answers) == 16 and len(set(map(id, answers))) == 1

    def test_the_least_recently_asked_model_is_dropped(self) -> None:
        models = [self.model, *(self.make([f"{number}a", f"{number}b"], number) for number in (2, 3))]
        predictors = Predictors(most=2)
        first, second = (predictors.of(model) for model in models[:2])
        assert predictors.of(models[0]) is first
        predictors.of(models[2])
        assert predictors.of(models[0]) is first and len(predictors) == 2
        assert predictors.of(models[1]) is not second

    def test_models_are_dropped_by_size_but_never_the_one_that_is_asked(self) -> None:
        predictors = Predictors(most_bytes=1)
        predictors.of(self.model)
        predictors.of(self.make(["x", "y"], 2))
        assert len(predictors) == 1
