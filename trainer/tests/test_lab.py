"""The speed lab by hand: `python -m trainer tune` on a folder of pictures."""

import pytest

from trainer import __main__ as by_hand
from trainer import lab
from trainer.bundle import read_bundle, write_bundle
from trainer.tests.tiny import LABELS, SIDE, tiny_bundle, tiny_model
from trainer.tune import TuneError
from trainer.variants import Variant, original, this_machine


@pytest.fixture(scope="module")
def model(drawn, tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle", [(path, path.parent.name) for path in sorted(drawn.glob("*/*.jpg"))])


def put(folder, **details):
    write_bundle(folder, model=tiny_model().SerializeToString(), labels=LABELS, input_size=SIDE, details=details)


def test_a_table_says_of_each_way_what_was_measured_or_why_nothing_was_and_which_is_the_fastest(model, drawn, tmp_path, monkeypatch, capsys):
    first, other = original(read_bundle(model), this_machine()), Variant("tensorrt", "fp32", SIDE, 1)
    for way in (first, other):
        put(tmp_path / way.packed, made_of=read_bundle(model).sha256)  # of an earlier call: packing takes seconds
    monkeypatch.setattr(by_hand, "offered", lambda _bundle, _machine: [first, other])
    assert by_hand.main(["tune", str(model), str(drawn), "--out", str(tmp_path)]) == 0
    title, names, measured, refused, best = capsys.readouterr().out.splitlines()
    assert title.endswith("3 pictures asked") and names.split()[0] == "variant"
    assert measured.startswith(first.name) and measured.split()[-1] == "0"
    assert refused.startswith(other.name) and "TensorRT is not there" in refused and best == f"fastest with at most 1 points lost: {first.name}"


def test_what_was_made_of_another_model_is_made_anew(model, tmp_path, monkeypatch):
    way = Variant("onnxruntime", "fp32", SIDE, 1)
    put(tmp_path / way.packed, made_of="another")

    def child(job, _check):
        raise TuneError(job["verb"])

    monkeypatch.setattr(lab, "run_child", child)
    with pytest.raises(TuneError, match="convert"):
        lab.made(model, way, [], tmp_path)
    put(tmp_path / way.packed, made_of=read_bundle(model).sha256)
    assert lab.made(model, way, [], tmp_path) == tmp_path / way.packed
