"""Variants of a model: the same answers where they are promised, about the same where they are not, and a reason where there can be none."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from trainer import parts
from trainer.bundle import BundleError, read_bundle, read_checked
from trainer.convert import ConvertError, convert, finish
from trainer.manifest import Row
from trainer.parts import PartsError
from trainer.pixels import decode
from trainer.predict import Predictor
from trainer.tests.tiny import SIDE, tiny_bundle, tiny_model
from trainer.variants import Variant

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pictures(drawn):
    return [(path, path.parent.name) for path in sorted(drawn.glob("*/*.jpg"))]


@pytest.fixture(scope="module")
def model(pictures, tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle", pictures)


def made(model, folder, engine, precision, size=SIDE, pictures=()):
    return convert(model, Variant(engine, precision, size, 2), folder / "variant", [path for path, _label in pictures])


def differences(one, other, pictures):
    one, other = Predictor(one), Predictor(other)
    return [np.abs(one.probabilities(decode(path, SIDE)) - other.probabilities(decode(path, SIDE))).max() for path, _label in pictures]


@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_another_engine_answers_as_the_model_does_also_to_pictures_that_are_made_smaller_and_cut(model, pictures, engine, tmp_path):
    variant = made(model, tmp_path, engine, "fp32")
    assert max(differences(model, variant, pictures)) < 1e-5
    for sides in ((500, 300), (120, 400), (20, 90)):
        noise = np.random.default_rng(1).integers(0, 256, (*sides, 3), np.uint8)
        assert np.abs(Predictor(model).probabilities(noise) - Predictor(variant).probabilities(noise)).max() < 1e-4


def test_a_variant_is_a_whole_bundle_that_says_what_it_is(model, pictures, tmp_path):
    folder = made(model, tmp_path, "openvino", "bf16", 64)
    about = read_bundle(folder)
    assert (about.engine, about.precision, about.input_size, about.labels) == ("openvino", "bf16", 64, read_bundle(model).labels)
    golden = json.loads((folder / "golden/golden.json").read_text())
    assert len(golden) == 4 and Predictor(folder).predict(folder / "golden" / golden[0]["file"]).answers[0][1] == pytest.approx(max(golden[0]["answer"].values()))
    (folder / "model.bin").write_bytes(b"x")
    with pytest.raises(BundleError, match="changed"):
        read_bundle(folder)


def test_a_variant_for_another_engine_has_no_onnx_network_to_hand_out(model, tmp_path):
    with pytest.raises(BundleError, match="another engine"):
        read_checked(made(model, tmp_path, "openvino", "fp32"))


@pytest.mark.parametrize("engine, file, sign", [("onnxruntime", "model.onnx", b"DequantizeLinear"), ("openvino", "model.xml", b"FakeQuantize")])
def test_whole_numbers_answer_nearly_the_same(model, pictures, engine, file, sign, tmp_path):
    variant = made(model, tmp_path, engine, "int8", pictures=pictures)
    assert sign in (variant / file).read_bytes()
    assert 0 < max(differences(model, variant, pictures)) < 0.1


def test_whole_numbers_need_pictures(model, tmp_path):
    with pytest.raises(ConvertError, match="training pictures"):
        made(model, tmp_path, "onnxruntime", "int8", pictures=[(tmp_path / "gone.jpg", "berry")])


def test_an_engine_that_answers_otherwise_is_refused(model, tmp_path):
    wrong = shutil.copytree(model, tmp_path / "wrong")
    golden = json.loads((wrong / "golden/golden.json").read_text())
    golden[0]["answer"] = {label: 1 - share for label, share in golden[0]["answer"].items()}
    (wrong / "golden/golden.json").write_text(json.dumps(golden))
    with pytest.raises(ConvertError, match="answers otherwise"):
        made(wrong, tmp_path, "openvino", "fp32")


def test_a_network_that_counts_its_places_takes_one_size_alone():
    model = tiny_model()
    assert parts.takes_size(model, 64)
    model.graph.initializer.append(helper.make_tensor("places", onnx.TensorProto.INT64, [2], [12, (SIDE // 2) ** 2]))
    model.graph.node.append(helper.make_node("Reshape", ["part1_strong", "places"], ["rows"]))
    assert parts.takes_size(model, SIDE) and not parts.takes_size(model, 64)
    with pytest.raises(PartsError, match="one size"):
        parts.resized(model, 64)


def test_what_is_usual_is_learned_anew_from_the_variant_s_own_view(model, pictures, tmp_path):
    folder = made(model, tmp_path, "onnxruntime", "int8", 64, pictures)
    before = read_bundle(folder).novelty_sha256
    finish(folder, [Row(str(path), label, "val" if number % 5 == 0 else "train") for number, (path, label) in enumerate(pictures)])
    assert read_bundle(folder).novelty_sha256 != before
    predictor = Predictor(folder)
    assert sum(predictor.predict(path).unknown for path, _label in pictures) <= 6


def test_a_variant_that_answers_as_the_model_does_keeps_what_is_usual(model, tmp_path):
    folder = made(model, tmp_path, "openvino", "fp32")
    finish(folder, [])
    assert read_bundle(folder).novelty_sha256 == read_bundle(model).novelty_sha256


def test_a_machine_without_openvino_and_nncf_converts_for_the_engines_that_it_has(model, pictures, tmp_path):
    # As on a GPU machine that has PyTorch and onnxruntime alone, to which nothing else is offered.
    ways = [("torch", "fp32"), ("onnxruntime", "int8")]
    code = f"""
import sys
sys.modules |= {{"openvino": None, "nncf": None}}
from trainer.convert import convert
from trainer.variants import Variant
for engine, precision in {ways}:
    convert({str(model)!r}, Variant(engine, precision, {SIDE}, 1), {str(tmp_path)!r} + "/" + engine, {[str(path) for path, _label in pictures]})
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    assert [read_bundle(tmp_path / engine).precision for engine, _precision in ways] == ["fp32", "int8"]
