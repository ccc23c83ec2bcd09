import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from trainer import export as exporting
from trainer import files
from trainer.__main__ import main
from trainer.bundle import BundleError, read_bundle, write_bundle
from trainer.config import TrainConfig
from trainer.export import ParityError, export
from trainer.fit import fit
from trainer.pixels import PictureError
from trainer.predict import Predictor
from trainer.tests.conftest import manifest_of


@pytest.fixture(scope="module")
def result(drawn, vectors, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    return fit(TrainConfig.from_dict({"epochs": 10}), manifest_of(drawn, vectors), work, lambda report: None)


@pytest.fixture(scope="module")
def published(result, cache_dir, tmp_path_factory):
    exported = export(result, cache_dir)
    return write_bundle(tmp_path_factory.mktemp("published") / "bundle", model=exported.model, labels=result.labels,
                        input_size=exported.input_size, preset="quick", accuracy=1.0, golden=exported.golden)


@pytest.fixture
def bundle(published, tmp_path):
    return shutil.copytree(published, tmp_path / "bundle")


def test_several_pictures_at_once_are_answered_as_one_alone_is(bundle, manifest):
    predictor, data = Predictor(bundle, threads=2), Path(manifest.val[0].path).read_bytes()
    alone = predictor.predict(data)
    assert predictor._narrow is None
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _number: predictor.predict(data), range(32)))
    assert predictor._narrow is not None and predictor._running == 0
    for answer in answers:
        assert [label for label, _share in answer.answers] == [label for label, _share in alone.answers]
        assert [share for _label, share in answer.answers] == pytest.approx([share for _label, share in alone.answers], abs=1e-5)


def test_a_bundle_answers_as_its_golden_pictures_say(bundle):
    predictor = Predictor(bundle)
    golden = json.loads((bundle / "golden/golden.json").read_text())
    assert len(golden) == 5
    for entry in golden:
        answers = dict(predictor.predict((bundle / "golden" / entry["file"]).read_bytes()).answers)
        assert answers == pytest.approx(entry["answer"], abs=1e-5)


def test_answers_come_best_first_and_their_time_is_told(bundle, manifest):
    prediction = Predictor(bundle).predict(manifest.val[0].path, top=2)
    assert prediction.answers[0][0] == manifest.val[0].label
    assert len(prediction.answers) == 2 and prediction.answers[0][1] >= prediction.answers[1][1]
    assert prediction.decode_ms > 0 and prediction.infer_ms > 0


def test_many_threads_may_ask_at_once(bundle, manifest):
    predictor = Predictor(bundle)
    paths = [row.path for row in manifest.rows]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda path: predictor.predict(path).answers, paths))
    assert together == [predictor.predict(path).answers for path in paths]


def test_what_is_no_picture_is_refused(bundle):
    with pytest.raises(PictureError):
        Predictor(bundle).predict(b"<html>")


def test_a_bundle_tells_what_it_is(bundle):
    about = read_bundle(bundle)
    assert (about.labels, about.input_size, about.engine, about.preset) == (["berry", "leaf", "sky"], 224, "onnxruntime", "quick")
    assert (bundle / "labels.txt").read_text().split() == about.labels
    assert about.size_bytes == (bundle / "model.onnx").stat().st_size


def test_the_model_says_its_labels_and_nothing_of_the_machine(bundle):
    model = onnx.load(bundle / "model.onnx")
    assert json.loads({p.key: p.value for p in model.metadata_props}["labels"]) == ["berry", "leaf", "sky"]
    assert model.opset_import[0].version == 20
    assert b"site-packages" not in model.SerializeToString() and not any(node.metadata_props for node in model.graph.node)


@pytest.mark.parametrize("damage", [
    lambda folder: (folder / "model.onnx").write_bytes(b"x"),
    lambda folder: (folder / "model.onnx").unlink(),
    lambda folder: (folder / "bundle.json").unlink(),
    lambda folder: (folder / "bundle.json").write_text("[]"),
    lambda folder: (folder / "bundle.json").write_text('{"format": 99}'),
])
def test_a_changed_bundle_is_refused(bundle, damage):
    damage(bundle)
    with pytest.raises(BundleError):
        Predictor(bundle)


@pytest.mark.parametrize("inside", ["graph", "attribute", "branch"])
def test_a_model_that_reads_other_files_is_refused_before_it_is_loaded(tmp_path, inside):
    write_bundle(tmp_path / "evil", model=model_with_a_tensor_outside(inside), labels=["a"], input_size=224)
    with pytest.raises(BundleError, match="outside itself"):
        read_bundle(tmp_path / "evil")


def model_with_a_tensor_outside(inside):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="/etc/passwd")
    ends = [helper.make_tensor_value_info("w", TensorProto.FLOAT, [1])]
    constant = helper.make_node("Constant", [], ["w"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], ends)
    nodes = {"graph": [], "attribute": [constant], "branch": [helper.make_node("If", ["c"], ["w"], then_branch=branch, else_branch=branch)]}
    graph = helper.make_graph(nodes[inside], "evil", [], ends, [tensor] if inside == "graph" else [])
    return helper.make_model(graph).SerializeToString()


@pytest.fixture
def knowing(result, bundle):
    """The bundle with what is usual for its labels."""
    model = (bundle / "model.onnx").read_bytes()
    return write_bundle(bundle, model=model, labels=result.labels, input_size=224, accuracy=1.0, novelty=result.novelty)


def test_what_is_like_nothing_it_learned_is_unknown_also_on_the_command_line(knowing, manifest, far, capsys):
    paths = [row.path for row in manifest.rows]
    predictor = Predictor(knowing)
    assert predictor.predict(far).unknown and not predictor.predict(far, keep=1).unknown
    assert sum(predictor.predict(path).unknown for path in paths) < 0.2 * len(paths)
    assert main(["predict", str(knowing), str(far), paths[0]]) == 0
    assert [line.split("\t")[1].split()[0] for line in capsys.readouterr().out.splitlines()] == ["none", "berry"]


def test_a_model_made_before_it_was_asked_says_of_nothing_that_it_is_unknown(bundle, far):
    about = json.loads((bundle / "bundle.json").read_text())
    (bundle / "bundle.json").write_text(json.dumps({name: value for name, value in about.items() if name != "novelty_sha256"}))
    prediction = Predictor(bundle).predict(far)
    assert (prediction.unknown, prediction.familiarity, len(prediction.answers)) == (False, 1, 3)


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"x")])
def test_a_bundle_whose_usual_is_gone_or_changed_is_refused(knowing, damage):
    damage(knowing / "novelty.npz")
    with pytest.raises(BundleError, match="novelty.npz"):
        Predictor(knowing)


@pytest.fixture
def far(tmp_path):
    Image.new("RGB", (200, 200), "white").save(tmp_path / "far.png")
    return tmp_path / "far.png"


def test_a_second_bundle_takes_the_place_of_the_first_in_one_piece(bundle, tmp_path, monkeypatch):
    first = read_bundle(bundle)
    monkeypatch.setattr(files, "_sync_tree", lambda folder: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        write_bundle(bundle, model=b"half", labels=["x"], input_size=1)
    assert read_bundle(bundle) == first
    monkeypatch.undo()
    write_bundle(bundle, model=(bundle / "model.onnx").read_bytes(), labels=["x", "y", "z"], input_size=224)
    assert read_bundle(bundle).labels == ["x", "y", "z"]
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_model_that_answers_otherwise_than_torch_is_not_published(result, cache_dir, monkeypatch):
    grafted = exporting._grafted

    def wrong(result, cache_dir):
        model = grafted(result, cache_dir)
        bias = next(tensor for tensor in model.graph.initializer if tensor.name.endswith("bias") and list(tensor.dims) == [3])
        bias.CopyFrom(onnx.numpy_helper.from_array(np.array([2, 0, 0], np.float32) + onnx.numpy_helper.to_array(bias), bias.name))
        return model

    monkeypatch.setattr(exporting, "_grafted", wrong)
    with pytest.raises(ParityError, match="differs"):
        export(result, cache_dir)


def test_a_model_that_no_picture_can_check_is_not_published(result, cache_dir):
    gone = [replace(row, path="/nowhere.jpg") for row in result.used]
    with pytest.raises(ParityError, match="can be read"):
        export(replace(result, used=gone), cache_dir)
