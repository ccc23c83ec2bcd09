import pytest
import torch

from trainer.average import WeightAverage
from trainer.batches import auto_batch
from trainer.config import AUTO_BATCH
from trainer.schedule import image_size, learning_rate


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    rates = [learning_rate(step, 100, 10, 0.5) for step in range(101)]
    assert rates[0] == pytest.approx(0.5 / 11) and max(rates) == rates[10] == 0.5 and rates[100] == pytest.approx(0)
    assert rates[:11] == sorted(rates[:11]) and rates[10:] == sorted(rates[10:], reverse=True)


def test_a_warm_up_longer_than_the_run_still_leaves_half_of_it() -> None:
    assert max(range(10), key=lambda step: learning_rate(step, 10, 100, 1.0)) == 5


@pytest.mark.parametrize(("epochs", "sizes"), [(1, [224]), (2, [160, 224]), (4, [160, 160, 192, 224]), (12, [160] * 6 + [192] * 3 + [224] * 3)])
def test_pictures_grow_from_epoch_to_epoch_and_the_last_ones_are_full(epochs: int, sizes: list[int]) -> None:
    assert [image_size(epoch, epochs, 224) for epoch in range(epochs)] == sizes


def test_pictures_that_are_small_already_stay_as_they_are() -> None:
    assert {image_size(epoch, 4, 128) for epoch in range(4)} == {128}


def test_the_average_starts_with_the_weights_follows_them_and_gives_them_back() -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        network.weight.fill_(0.0)
        average = WeightAverage(network, 0.5)
        network.weight.fill_(1.0)
    average.update(1)
    assert average.values["weight"].item() == pytest.approx(1 - 2 / 11)  # the first steps count more than the decay says
    for step in range(2, 60):
        average.update(step)
    with average.applied():
        assert network.weight.item() == pytest.approx(1.0, abs=1e-3)
    assert network.weight.item() == 1.0


def test_a_processor_learns_from_the_usual_batch_and_never_from_more_than_there_is() -> None:
    assert auto_batch(torch.device("cpu"), 500, None) == AUTO_BATCH
    assert auto_batch(torch.device("cpu"), 7, None) == 7


def test_a_gpu_learns_from_the_largest_batch_that_leaves_room(monkeypatch) -> None:
    tried = []

    def step(count: int) -> None:
        tried.append(count)
        if count > 64:
            raise RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED")

    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 2000))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 500)  # what lies there before does not count
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 500 + 15 * tried[-1])
    assert auto_batch(torch.device("cuda"), 100_000, step) == 32 and tried == [128, 64, 32]  # 128 fails, 64 would leave too little
    assert auto_batch(torch.device("cuda"), 320, step) == 16  # an epoch keeps its steps
    assert auto_batch(torch.device("cuda"), 7, step) == 7
