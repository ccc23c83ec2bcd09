"""The loop that everybody starts with: a DataLoader, all weights, 32-bit floats, the default layout in memory, as in the reference script of torchvision.

    python -m benchmarks.loops.stock task.json

task: epochs, seed, layout ("default"; "channels_last" gives the same accuracy sooner, for rows in which only that counts) and train and test, lists of [path, number of the label];
and where they are not the usual ones: backbone, device, batch, workers and amp (bfloat16 where that is safe, as its option --amp).
Prints {"epoch_seconds", "accuracy" of the test pictures at the end, "peak_mb", "gpu_mb"} as JSON.
"""

import json
import resource
import sys
import time

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from trainer.backbones import build, colours

BATCH, WORKERS, LEARNING_RATE = 32, 2, 3e-4


class Pictures(Dataset):
    """Files as tensors, decoded each time."""

    def __init__(self, rows: list, transform: v2.Transform) -> None:
        self.rows, self.transform = rows, transform

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, label = self.rows[index]
        with Image.open(path) as image:
            return self.transform(image.convert("RGB")), label


def main() -> None:
    with open(sys.argv[1]) as file:
        task = json.load(file)
    torch.manual_seed(task["seed"])
    options = {name: task[name] for name in ("batch", "workers") if name in task}
    network = build(task.get("backbone", "efficientnet_lite0"), 1 + max(label for _path, label in task["train"]))
    network.to(task.get("device", "cpu"), memory_format=torch.channels_last if task["layout"] == "channels_last" else torch.contiguous_format)
    seconds = train(network, loader(task["train"], network, [v2.RandomResizedCrop(224), v2.RandomHorizontalFlip()], shuffle=True, **options), task["epochs"], task.get("amp", False))
    accuracy = test(network, loader(task["test"], network, [v2.Resize((224, 224))], shuffle=False, **options))
    gpu = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_initialized() else 0
    print(json.dumps({"epoch_seconds": seconds, "accuracy": accuracy, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "gpu_mb": gpu}))


def loader(rows: list, network: torch.nn.Module, steps: list, shuffle: bool, batch: int = BATCH, workers: int = WORKERS) -> DataLoader:
    steps = [*steps, v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(*colours(network))]
    pinned = next(network.parameters()).is_cuda
    return DataLoader(Pictures(rows, v2.Compose(steps)), batch, shuffle=shuffle, num_workers=workers, pin_memory=pinned)


def train(network: torch.nn.Module, batches: DataLoader, epochs: int, amp: bool) -> list[float]:
    """Train all weights with AdamW and a cosine to zero; gives the seconds of each epoch."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(batches))
    seconds, device = [], next(network.parameters()).device
    for _epoch in range(epochs):
        started = time.perf_counter()
        network.train()
        for pictures, labels in batches:
            pictures, labels = pictures.to(device, non_blocking=True), labels.to(device, non_blocking=True)
            with torch.autocast(device.type, torch.bfloat16, enabled=amp):
                loss = torch.nn.functional.cross_entropy(network(pictures), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return seconds


def test(network: torch.nn.Module, batches: DataLoader) -> float:
    network.eval()
    device = next(network.parameters()).device
    with torch.inference_mode():
        return sum(int((network(pictures.to(device)).argmax(1).cpu() == labels).sum()) for pictures, labels in batches) / len(batches.dataset)


if __name__ == "__main__":
    main()
