import numpy as np
import pytest
import torch

from trainer import finetune
from trainer.backbones import BackboneError, build
from trainer.config import TrainConfig
from trainer.export import export
from trainer.fit import fit
from trainer.manifest import Row
from trainer.networks import trainable


def tiny(**values):
    """Options so small that an epoch takes a second on a busy machine."""
    return TrainConfig.from_dict({"preset": "accurate", "image_size": 64, "epochs": 3, "batch_size": 8, "threads": 1, **values})


class Killed(Exception):
    pass


def killed_after(epoch):
    def on_epoch(report):
        if report.epoch > epoch:
            raise Killed

    return on_epoch


def test_a_folded_network_answers_as_the_one_it_was(tmp_path):
    torch.manual_seed(0)
    folded, plain = trainable("efficientnet_lite0", 3, 96), build("efficientnet_lite0", 3).eval()
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    plain.get_classifier().load_state_dict(folded.get_classifier().state_dict())
    example = torch.rand(2, 3, 96, 96)
    with torch.inference_mode():
        assert (folded.eval()(example) - plain(example)).abs().max() < 1e-4


def test_fine_tuning_learns_and_its_export_answers_the_same(manifest, tmp_path, cache_dir, drawn):
    (tmp_path / "half.jpg").write_bytes((drawn / "sky/1.jpg").read_bytes()[:900])
    manifest.rows.append(Row(str(tmp_path / "half.jpg"), "sky", "train", key="k"))
    reports = []
    result = fit(tiny(epochs=2), manifest, tmp_path / "work", reports.append)
    assert [report.epoch for report in reports] == [1, 2]
    # The last epoch, as it was told: choosing by the test pictures would flatter it.
    assert result.best["epoch"] == 2 and result.best["val_loss"] == pytest.approx(reports[-1].val_loss, abs=1e-4)
    assert result.evaluation["accuracy"] == result.best["val_accuracy"] == 1.0
    assert [entry["key"] for entry in result.skipped] == ["k"]
    exported = export(result, cache_dir)
    assert exported.difference < 1e-4 and len(exported.golden) == 3 + 2


def test_a_run_killed_twice_ends_with_the_very_weights_of_an_unbroken_one(manifest, tmp_path):
    straight = fit(tiny(), manifest, tmp_path / "a", lambda report: None)
    for epoch in (1, 2):
        with pytest.raises(Killed):
            fit(tiny(), manifest, tmp_path / "b", killed_after(epoch))
    epochs = []
    resumed = fit(tiny(), manifest, tmp_path / "b", lambda report: epochs.append(report.epoch))
    assert epochs[0] > 1 and epochs[-1] == 3
    assert all(np.array_equal(array, resumed.weights[name]) for name, array in straight.weights.items())
    assert straight.evaluation == resumed.evaluation and straight.best == resumed.best


def test_a_run_goes_on_where_another_number_format_is_the_fastest_one(manifest, tmp_path, monkeypatch):
    # From a GPU with bfloat16, or a processor, to a GPU that has only float16, whose scaler finds nothing in the checkpoint.
    with pytest.raises(Killed):
        fit(tiny(), manifest, tmp_path, killed_after(1))
    monkeypatch.setattr(finetune, "mixed_precision", lambda *_asked: torch.float16)
    assert fit(tiny(), manifest, tmp_path, lambda report: None).epochs == 3


def test_an_unknown_network_is_a_sentence():
    with pytest.raises(BackboneError, match="There is no network called nosuchnet"):
        build("nosuchnet", 2)
