import io
import shutil
from concurrent.futures import ThreadPoolExecutor
from unittest import mock
from uuid import uuid4

import numpy as np
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Picture

from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.serving import heat
from webapp.serving.models import Model
from webapp.serving.templatetags.heat_tags import where_it_looked
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run


class HeatTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        run = jobs.claim(Run, Run.objects.create(project=self.project).id, "one")
        self.model: Model = published(run, settings.DATA / "bundle", ["red", "green", "blue"])
        self.picture = self.half_red(80, 40)
        self.login(self.alice)

    def half_red(self, width: int, height: int) -> Image:
        """A picture that is red on its right half."""
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, width // 2 :, 0] = 255
        image = self.image(self.cat)
        out = io.BytesIO()
        Picture.fromarray(pixels).save(out, "JPEG", quality=95)
        store.put(image.file_name, out.getvalue())
        Image.objects.filter(id=image.id).update(width=width, height=height)
        return Image.objects.get(id=image.id)

    def ask(self, label: str = "0", image: Image | None = None, model: Model | None = None):
        address = reverse("serving:heat", args=[(model or self.model).id, (image or self.picture).id])
        return self.client.get(address, {"label": label})

    def test_the_heat_lies_where_the_label_is_and_what_was_cut_off_is_shaded(self) -> None:
        answer = self.ask()
        layer = np.asarray(Picture.open(io.BytesIO(answer.content)))
        assert (answer["Content-Type"], layer.shape) == ("image/png", (128, 256, 4))
        assert answer["Cache-Control"] == "private, no-cache"  # the picture may be deleted the next moment
        middle = layer[64]
        assert tuple(middle[10]) == heat.UNSEEN == tuple(middle[245])  # 2:1 is cut to 6:5
        assert middle[60, 3] < 10 and middle[190, 3] == heat.MOST_ALPHA and middle[190, 0] > middle[190, 2]

    def test_where_nothing_spoke_for_a_label_there_is_no_heat(self) -> None:
        layer = np.asarray(Picture.open(io.BytesIO(self.ask("1").content)))
        assert layer[:, 60:190, 3].max() < 10

    def test_a_label_that_is_not_there_is_refused(self) -> None:
        for label in ("", "3", "-1", "x", "9" * 50):
            assert self.ask(label).status_code == 422, label

    def test_a_picture_of_another_project_and_a_stranger_get_nothing(self) -> None:
        other = self.charlie.projects.create(name="Other")
        Image.objects.filter(id=self.picture.id).update(project=other)
        assert self.ask().status_code == 404
        Image.objects.filter(id=self.picture.id).update(project=self.project)
        self.login(self.charlie)
        assert self.ask().status_code == 404

    def test_the_page_shows_the_answer_and_the_label_or_says_why_not(self) -> None:
        shown = where_it_looked(self.model.run, self.picture, "red", "green")
        assert [(one["name"], one["is_blank"]) for one in shown["heats"]] == [("red", False), ("green", True)]
        assert len(where_it_looked(self.model.run, self.picture, "red", "red")["heats"]) == 1
        store.delete(self.picture.file_name)
        heat.maps.cache_clear()
        assert "cannot be read" in where_it_looked(self.model.run, self.picture, "red", "green")["refused"]

    def look(self, content: bytes, label: str = "0"):
        return self.client.post(reverse("serving:look", args=[self.model.id]), {"image": SimpleUploadedFile("p.jpg", content), "label": label})

    def test_a_picture_that_is_kept_nowhere_gets_the_same_heat_as_one_of_the_project(self) -> None:
        content = store.get(self.picture.file_name)
        answer = self.look(content)
        assert (answer.content, answer["X-Heat"]) == (self.ask().content, "some") and "no-store" in answer["Cache-Control"]
        assert self.look(content, "1")["X-Heat"] == "none"
        assert Image.objects.count() == 1

    def test_heat_over_nothing_over_what_is_no_picture_and_for_strangers_is_refused(self) -> None:
        assert [self.look(b"x").status_code, self.look(coloured("red"), "3").status_code] == [415, 422]
        self.assertContains(self.client.post(reverse("serving:look", args=[self.model.id]), {"label": "0"}), "Choose a picture first", status_code=422)
        self.login(self.charlie)
        assert self.look(coloured("red")).status_code == 404

    def test_networks_are_held_by_their_bytes_and_loaded_once(self) -> None:
        heat._heaters.clear()
        folder, others = heat.folder_of(self.model), [Model(id=uuid4()), Model(id=uuid4())]
        size = (folder / "model.onnx").stat().st_size
        self.enterContext(mock.patch.object(heat, "folder_of", lambda _model: folder))
        with mock.patch.object(heat, "MOST_BYTES", 2 * size), ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(heat.heater, [self.model] * 4))) == 1
            for model in others:
                heat.heater(model)
            assert list(heat._heaters) == [model.id for model in others]
        with mock.patch.object(heat, "MOST_BYTES", size - 1):
            heat.heater(self.model)
            assert list(heat._heaters) == [self.model.id], "a larger one is held alone"

    def test_a_run_without_a_model_has_none(self) -> None:
        run = Run.objects.create(project=self.project, number=2, active=None)
        assert where_it_looked(run, self.picture, "red", "green")["heats"] == []
