import json

from webapp.bundles import awkward, licences
from webapp.bundles.tests.making import ModelCast, made, opened, python
from webapp.core import store
from webapp.images.models import Image
from webapp.serving.models import Model
from webapp.serving.services import predict
from webapp.serving.tests.small import coloured


class OnnxZip(ModelCast):
    def test_it_holds_the_network_as_published_and_proves_itself_anywhere(self) -> None:
        packing = made(self.model, "onnx")
        archive = opened(packing)
        assert archive.read("model.onnx") == store.get(f"{self.model.folder}/model.onnx") and set(self.model.files) <= set(archive.namelist())
        folder = self.unpacked(packing)
        checked = python(folder, "check.py")
        assert checked.returncode == 0 and checked.stdout.count("agrees") == 1 + len(awkward.pictures()), checked.stdout + checked.stderr
        (folder / "far.png").write_bytes(coloured("white", "PNG"))
        known, far = python(folder, "predict.py", str(folder / "golden/1.jpg"), str(folder / "far.png")).stdout.splitlines()
        assert "red 100.0%" in known and "none of these" not in known and "none of these" in far

    def test_it_answers_hostile_and_good_pictures_just_as_the_page_does(self) -> None:
        folder = self.unpacked(made(self.model, "onnx"))
        names = sorted(awkward.pictures())
        lines = python(folder, "predict.py", "--json", *(str(folder / "awkward" / name) for name in names)).stdout.splitlines()
        for name, line in zip(names, map(json.loads, lines), strict=True):
            page = predict(model=self.model, data=awkward.pictures()[name], top=3)
            assert max(abs(line["answer"][label] - share) for label, share in page.answers) < 1e-6 and line["unknown"] == page.unknown, name

    def test_it_refuses_as_readily_as_the_page_is_told_to(self) -> None:
        first = made(self.model, "onnx")
        Model.objects.filter(id=self.model.id).update(keep=0.8)
        self.model.refresh_from_db()
        second = made(self.model, "onnx")
        assert second.id != first.id and json.loads(opened(second).read("bundle.json"))["keep"] == 0.8

    def test_it_notices_changed_answers_files_and_ways_to_read_a_picture(self) -> None:
        folder = self.unpacked(made(self.model, "onnx"))
        pixels = (folder / "pixels.py").read_text()
        (folder / "pixels.py").write_text(pixels.replace("image.transpose(turn)", "image"))
        assert "turned-by-the-camera.jpg DIFFERS" in python(folder, "check.py").stdout
        (folder / "pixels.py").write_text(pixels)
        golden, about = folder / "golden/golden.json", folder / "bundle.json"
        (entry,) = json.loads(golden.read_text())
        golden.write_text(json.dumps([entry | {"answer": entry["answer"] | {"green": 0.002}}]))
        about.write_text(about.read_text().replace(self.model.sha256, "0" * 64))
        checked = python(folder, "check.py")
        assert checked.returncode == 1 and "golden/1.jpg DIFFERS" in checked.stdout and "NOT the one" in checked.stdout

    def test_a_model_made_before_none_of_these_answers_always(self) -> None:
        folder = self.unpacked(made(self.model, "onnx"))
        about = json.loads((folder / "bundle.json").read_text())
        (folder / "bundle.json").write_text(json.dumps(about | {"novelty_sha256": None}))
        (folder / "novelty.npz").unlink()
        (folder / "far.png").write_bytes(coloured("white", "PNG"))
        asked = python(folder, "predict.py", str(folder / "far.png"))
        assert asked.returncode == 0 and "none of these" not in asked.stdout and "red" in asked.stdout, asked.stderr

    def test_what_is_no_picture_is_said_in_a_sentence(self) -> None:
        folder = self.unpacked(made(self.model, "onnx"))
        asked = python(folder, "predict.py", str(folder / "README.md"), str(folder / "golden/1.jpg"))
        assert asked.returncode == 1 and "not a JPG or PNG" in asked.stdout and "red" in asked.stdout and not asked.stderr

    def test_the_licences_name_the_weights_the_groups_of_pictures_and_those_that_travel(self) -> None:
        values = {"source": Image.WEB, "license": "CC BY-NC 4.0", "creator": "Ann", "title": "A\nboat", "page_url": "https://pages.example/1"}
        Image.objects.filter(id=self.cats[0].id).update(**values)
        text = opened(made(self.model, "onnx")).read(licences.NAME).decode()
        assert "EfficientNet-Lite0" in text and "Apache-2.0" in text and "1 not for commercial use" in text and "1 brought by" in text and "is not settled" in text
        assert "golden/1.jpg`: brought by" in text
        assert licences.credit(Image.objects.get(id=self.cats[0].id)) == "A boat, by Ann, CC BY-NC 4.0, https://pages.example/1"
