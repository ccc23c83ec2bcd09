"""What only a GPU can show, on machines that have one: it computes what the processor does, and runs go on from one to the other."""

import warnings

import numpy as np
import pytest
import torch

from trainer import engines
from trainer.bundle import read_network, write_bundle
from trainer.distributed import Group, join, leave
from trainer.export import export, torch_probabilities, trained_network
from trainer.finetune import FineTuning, _Data
from trainer.fit import Job, fit
from trainer.pixels import decode
from trainer.predict import Predictor
from trainer.shortage import is_out_of_memory
from trainer.supply import _carried, _read, _uploaded
from trainer.tests.test_finetune import Killed, killed_after, tiny
from trainer.tests.tiny import tiny_bundle

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU on this machine")]
CUDA = torch.device("cuda")


def loop_of(manifest, folder, group: Group | None = None, **values) -> FineTuning:
    nothing = {"on_epoch": lambda report: None, "on_stage": lambda stage: None, "should_stop": lambda: False}
    job = Job(tiny(devices="cuda", **values), manifest, folder, folder, **nothing)
    return FineTuning(job, _Data(job), group or Group())


def test_a_run_on_a_gpu_learns_and_its_model_answers_the_same_on_a_processor(manifest, tmp_path, cache_dir):
    result = fit(tiny(devices="cuda:0", batch_size=0), manifest, tmp_path / "work", lambda report: None)
    assert result.device == torch.cuda.get_device_name() and result.evaluation["accuracy"] == 1.0
    exported = export(result, cache_dir)
    assert exported.difference < 1e-4
    write_bundle(tmp_path / "bundle", model=exported.model, labels=result.labels, input_size=exported.input_size, golden=exported.golden)
    predictor = Predictor(tmp_path / "bundle")
    assert all(predictor.predict(row.path).answers[0][0] == row.label for row in manifest.val)


def test_a_gpu_says_of_the_test_pictures_what_the_processor_says(manifest, tmp_path):
    loop = loop_of(manifest, tmp_path)
    on_gpu = loop.probabilities()
    loop.network.to("cpu")
    result = fit(tiny(devices="cpu", epochs=1), manifest, tmp_path / "cpu", lambda report: None)
    network = trained_network(result)
    network.load_state_dict(loop.network.state_dict())
    on_cpu = torch_probabilities(network, [decode(row.path, 64) for row in manifest.val], 64)
    assert np.abs(on_gpu - on_cpu).max() < 0.02  # the pixels were rounded to whole numbers for training
    assert (on_gpu.argmax(axis=1) == on_cpu.argmax(axis=1)).all()


@pytest.mark.parametrize(("first", "second"), [("cuda", "cpu"), ("cpu", "cuda"), ("cuda", "cuda")])
def test_a_run_goes_on_from_its_checkpoint_on_another_kind_of_machine(manifest, tmp_path, monkeypatch, first, second):
    # As with devices=auto where the GPU machine was taken away.
    monkeypatch.setattr("trainer.finetune.device_of", lambda *_asked: torch.device(first))
    with pytest.raises(Killed):
        fit(tiny(), manifest, tmp_path, killed_after(2))
    monkeypatch.setattr("trainer.finetune.device_of", lambda *_asked: torch.device(second))
    epochs = []
    result = fit(tiny(), manifest, tmp_path, lambda report: epochs.append(report.epoch))
    assert epochs[0] > 1 and epochs[-1] == 3 and result.evaluation["accuracy"] == 1.0


def test_pictures_come_to_the_gpu_the_same_by_each_way():
    pixels = np.random.default_rng(0).integers(0, 256, (300, 3, 8, 8), np.uint8)
    chosen = torch.randperm(300)[:40]
    carried, whole = _carried(pixels, CUDA, chosen), _uploaded(pixels, CUDA)
    assert torch.equal(carried.cpu(), _read(pixels, chosen)) and torch.equal(whole[chosen.to(CUDA)].cpu(), _read(pixels, chosen))


def test_no_step_waits_for_the_gpu(manifest, tmp_path):
    loop = loop_of(manifest, tmp_path, batch_size=4)
    loop.learn()
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loop.learn()
    torch.cuda.set_sync_debug_mode("default")
    waits = [f"{warning.filename}:{warning.lineno}" for warning in caught if "synchronizing" in str(warning.message)]
    assert len(manifest.train) / 4 > 5 and len(waits) <= 5, waits  # once at the beginning and at the end of an epoch


def test_memory_that_runs_out_is_told_with_the_batch_that_was_too_large(manifest, tmp_path):
    loop = loop_of(manifest, tmp_path, image_size=224, batch_size=20)
    torch.cuda.empty_cache()
    held = torch.cuda.memory_reserved() / torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.set_per_process_memory_fraction(held + 1e-4)
    try:
        with pytest.raises(torch.OutOfMemoryError) as raised:
            loop.run()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert is_out_of_memory(raised.value) and raised.value.batch_size == 20


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("bf16", 0.05), ("fp16", 0.01)])
def test_the_engine_for_a_gpu_answers_as_the_processor(drawn, tmp_path, precision, tolerance):
    folder = tiny_bundle(tmp_path / "bundle", [(path, path.parent.name) for path in sorted(drawn.glob("*/*.jpg"))])
    files, picture = read_network(folder)[1], decode(next(drawn.glob("*/*.jpg")))
    wanted, got = (engines.load(*kind, files, 1).run(picture, ["probabilities"])[0] for kind in (("onnxruntime", "fp32"), ("cuda", precision)))
    assert np.abs(wanted - got).max() < tolerance


def test_gradients_go_over_nccl(manifest, tmp_path):
    class Alone(Group):
        """One process that does all that several would."""

        def parallel(self, network):
            return torch.nn.parallel.DistributedDataParallel(network)

    join(tmp_path, 0, 1)
    try:
        assert "nccl" in str(torch.distributed.get_backend_config())
        loop = loop_of(manifest, tmp_path / "work", Alone(0, 1))
        loop.run()
    finally:
        leave()
    assert loop.epoch == 3 and loop.best["val_accuracy"] == 1.0
