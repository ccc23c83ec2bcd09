"""Presets balanced and accurate: fine-tune all weights, from a head that was solved first (Kumar et al. 2022, LP-FT)."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from trainer import head, metrics
from trainer.augment import CANVAS, augmentation, augmented
from trainer.config import DEFAULT_BACKBONE
from trainer.networks import normaliser, set_head, train_mode, trainable
from trainer.pixelcache import pixel_cache
from trainer.quick import actual_of, class_weights, keys_of
from trainer.results import STOP, EpochReport, FitResult, check_left, check_stop

if TYPE_CHECKING:
    # fit imports this file; only readers of the annotations need the name.
    from trainer.fit import Job

_EVALUATION_BATCH = 32


def train(job: "Job") -> FitResult:
    """Fine-tune for a `fit.Job` and return its FitResult with the weights of the best epoch."""
    started = time.monotonic()
    torch.set_num_threads(job.config.threads or torch.get_num_threads())
    data = _Data(job)
    check_left(data.train.rows + data.val.rows, job.manifest.labels)
    loop = FineTuning(job, data)
    job.on_stage("training")
    loop.run()
    job.on_stage("evaluating")
    evaluation, answers = loop.evaluation()
    return FitResult(
        config=job.config, labels=job.manifest.labels, weights=loop.best_weights, best=loop.best, epochs=loop.epoch,
        seconds=time.monotonic() - started, evaluation=evaluation, skipped=data.train.skipped + data.val.skipped,
        used=data.train.rows + data.val.rows, answers=answers, device=name_of(loop.device),
    )


def device_of(name: str) -> torch.device:
    """The torch device of the `devices` option: auto takes CUDA where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def name_of(device: torch.device) -> str:
    """What a person calls a device: cpu, or the name of the GPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


class _Data:
    """Training pictures on a larger canvas, test pictures exactly as they are served."""

    def __init__(self, job: "Job") -> None:
        size, threads = job.config.image_size, job.config.threads or torch.get_num_threads()
        options = {"fingerprint": job.checkpoints.fingerprint, "threads": threads, "should_stop": job.should_stop}
        folder = job.work_dir / "pixels"
        self.train = pixel_cache(folder, "train", job.manifest.train, round(size * CANVAS), **options)
        self.val = pixel_cache(folder, "val", job.manifest.val, size, **options)
        self.train_actual = torch.from_numpy(actual_of(self.train.rows, job.manifest.labels))
        self.val_actual = actual_of(self.val.rows, job.manifest.labels)


class FineTuning:
    """The state of a run, and the verbs of a training loop."""

    def __init__(self, job: "Job", data: _Data) -> None:
        self.job, self.config, self.data = job, job.config, data
        self.device = device_of(self.config.devices)
        torch.manual_seed(self.config.seed)
        self.network = trainable(self.config.backbone, len(job.manifest.labels), self.config.image_size)
        self.network.to(self.device, memory_format=torch.channels_last)
        self.normalised = normaliser(self.network, self.device)
        self.optimizer = torch.optim.AdamW(_groups(self.network, self.config.weight_decay or 0.0), lr=self.config.learning_rate)
        self.criterion = self._criterion()
        self.transform = augmentation(self.config.augment, self.config.image_size)
        self.steps_per_epoch = math.ceil(len(data.train.rows) / self.config.batch_size)
        self.epoch = self.step = self.waited = 0
        self.best, self.best_weights = None, None
        self.checkpoints = job.checkpoints
        found = self.checkpoints.newest()
        if found:
            self._restore(*found)
        else:
            self._solve_head()
            self.average = {name: value.clone() for name, value in self._floats()}

    def run(self) -> None:
        """Train to the end, keeping the best epoch's weights."""
        ended = self._out_of_patience()
        while self.epoch < self.config.epochs and not ended:
            report = self.one_epoch()
            ended = self.job.on_epoch(report) == STOP or self._out_of_patience()
            self.checkpoints.save_when_cheap(self.epoch, self._arrays, self._facts)

    def one_epoch(self) -> EpochReport:
        """Learn from every training picture once, then test; returns the EpochReport."""
        started = time.monotonic()
        # Order and variation follow from seed and epoch alone, so that a resumed run does the same as an unbroken one.
        torch.manual_seed((self.config.seed << 16) + self.epoch + 1)
        loss, accuracy = self._train_one_epoch()
        self.epoch += 1
        val = self._with_average(self.probabilities)
        report = EpochReport(
            epoch=self.epoch, train_loss=loss, train_accuracy=accuracy,
            val_loss=metrics.cross_entropy(val, self.data.val_actual), val_accuracy=float((val.argmax(axis=1) == self.data.val_actual).mean()),
            learning_rate=self.optimizer.param_groups[0]["lr"], seconds=time.monotonic() - started,
        )
        self._keep_if_best(report)
        return report

    def probabilities(self) -> np.ndarray:
        """Probabilities, float32 [N, classes], of the test pictures in 32-bit numbers, as they will be served."""
        return np.concatenate([torch.softmax(part, dim=1).cpu().numpy() for part in self._evaluated(self.data.val.pixels, self.network)])

    def evaluation(self) -> tuple[dict, list[list]]:
        """How good the best weights are on the test pictures, and what they said to each of them."""
        self._load(self.best_weights)
        probabilities, labels, keys = self.probabilities(), self.job.manifest.labels, keys_of(self.data.val.rows)
        said = metrics.answers(probabilities, self.data.val_actual, labels, keys)
        return metrics.evaluate(probabilities, self.data.val_actual, labels=labels, keys=keys), said

    def _train_one_epoch(self) -> tuple[float, float]:
        train_mode(self.network)
        total, hits, order = 0.0, 0, torch.randperm(len(self.data.train.rows))
        for chosen in order.split(self.config.batch_size):
            check_stop(self.job.should_stop)
            actual = self.data.train_actual[chosen].to(self.device)
            loss, logits = self._train_step(self._batch(chosen), actual)
            total += loss * len(chosen)
            hits += int((logits.argmax(dim=1) == actual).sum())
        return total / len(order), hits / len(order)

    def _train_step(self, pixels: torch.Tensor, actual: torch.Tensor) -> tuple[float, torch.Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            logits = self.network(self.normalised(pixels)).float()
            loss = self.criterion(logits, actual)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self._update_average()
        return float(loss.detach()), logits.detach()

    def _batch(self, chosen: torch.Tensor) -> torch.Tensor:
        pixels = torch.from_numpy(self.data.train.pixels[np.sort(chosen.numpy())])
        # Sorted for the disk; the labels must follow.
        return augmented(pixels[chosen.argsort().argsort()].to(self.device), self.transform)

    def _learning_rate(self) -> float:
        """Linear warm-up, then a cosine to zero (Loshchilov and Hutter 2017)."""
        whole, warm = self.config.epochs * self.steps_per_epoch, self.config.warmup_epochs * self.steps_per_epoch
        warm = min(warm, whole / 2)
        if self.step < warm:
            return self.config.learning_rate * (self.step + 1) / (warm + 1)
        return self.config.learning_rate * 0.5 * (1 + math.cos(math.pi * (self.step - warm) / max(whole - warm, 1)))

    def _update_average(self) -> None:
        # Early steps count more, or a short run would never leave its start.
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        names, values = zip(*self._floats(), strict=True)
        torch._foreach_lerp_([self.average[name] for name in names], list(values), 1 - decay)

    def _with_average(self, verb: Callable[[], Any]) -> Any:
        """Run a verb with the averaged weights in the network, then put the trained ones back."""
        trained = {name: value.clone() for name, value in self._floats()}
        self._load_floats(self.average)
        try:
            return verb()
        finally:
            self._load_floats(trained)

    def _keep_if_best(self, report: EpochReport) -> None:
        key = (report.val_accuracy, -report.val_loss)
        if self.best is not None and key <= (self.best["val_accuracy"], -self.best["val_loss"]):
            self.waited += 1
            return
        self.best = {name: getattr(report, name) for name in ("epoch", "val_accuracy", "val_loss")}
        self.best_weights = self._with_average(lambda: {name: _copied(value) for name, value in self.network.state_dict().items()})
        self.waited = 0

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.waited

    def _criterion(self) -> torch.nn.CrossEntropyLoss:
        weights = class_weights(self.data.train_actual.numpy(), len(self.job.manifest.labels), self.config.class_weights)
        weights = torch.tensor(weights, dtype=torch.float32, device=self.device)
        return torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=self.config.label_smoothing)

    def _autocast(self) -> AbstractContextManager:
        if not _uses_bfloat16(self.config.precision, self.device):
            return nullcontext()
        return torch.autocast(self.device.type, torch.bfloat16)

    def _solve_head(self) -> None:
        vectors, actual = self._vectors(), self.data.train_actual.numpy()
        classes = len(self.job.manifest.labels)
        decay = head.choose_decay(vectors, actual, classes, self.config.seed)
        set_head(self.network, head.solve(head.Objective(vectors, actual, classes, decay)))

    def _vectors(self) -> np.ndarray:
        stored = [row.vector for row in self.data.train.rows]
        fits = self.config.backbone == DEFAULT_BACKBONE and self.config.image_size == 224
        if fits and all(vector is not None for vector in stored):
            return np.stack(stored).astype(np.float32)
        pixels, size = self.data.train.pixels, self.config.image_size
        return np.concatenate([part.cpu().numpy() for part in self._evaluated(pixels, _Features(self.network, size))])

    def _evaluated(self, pixels: np.ndarray, network: torch.nn.Module) -> Iterator[torch.Tensor]:
        self.network.eval()
        with torch.inference_mode():
            for start in range(0, len(pixels), _EVALUATION_BATCH):
                check_stop(self.job.should_stop)
                yield network(self.normalised(torch.from_numpy(np.array(pixels[start:start + _EVALUATION_BATCH])))).float()

    def _floats(self) -> list[tuple[str, torch.Tensor]]:
        return [(name, value) for name, value in self.network.state_dict().items() if value.is_floating_point()]

    def _load_floats(self, values: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, value in self._floats():
                value.copy_(values[name])

    def _load(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})

    def _arrays(self) -> dict[str, np.ndarray]:
        parts = {"now": self.network.state_dict(), "average": self.average}
        arrays = {f"{part}/{name}": _copied(value) for part, values in parts.items() for name, value in values.items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": _copied(value) for name, value in values.items()}
        return arrays | {f"best/{name}": array for name, array in self.best_weights.items()}

    def _facts(self) -> dict:
        return {"step": self.step, "best": self.best, "waited": self.waited}

    def _restore(self, epoch: int, arrays: Mapping[str, np.ndarray], facts: dict) -> None:
        # Not the steps that were counted: after memory ran out a batch is half as large, and an epoch has twice as many.
        self.epoch, self.step, self.best, self.waited = epoch, epoch * self.steps_per_epoch, facts["best"], facts["waited"]
        self._load(_part(arrays, "now"))
        self.best_weights = _part(arrays, "best")
        self.average = {name: torch.from_numpy(array).to(self.device) for name, array in _part(arrays, "average").items()}
        states = {}
        for name, array in _part(arrays, "optimizer").items():
            index, field = name.split("/")
            states.setdefault(int(index), {})[field] = torch.from_numpy(array)
        self.optimizer.load_state_dict({"state": states, "param_groups": self.optimizer.state_dict()["param_groups"]})


class _Features(torch.nn.Module):
    """The network's vector, before its last layer, of pixels of any size."""

    def __init__(self, network: torch.nn.Module, size: int) -> None:
        super().__init__()
        self.network, self.size = network, size

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        values = torch.nn.functional.interpolate(values, size=(self.size, self.size), mode="bilinear", antialias=True)
        return self.network.forward_head(self.network.forward_features(values), pre_logits=True)


def _groups(network: torch.nn.Module, weight_decay: float) -> list[dict]:
    """Parameters for AdamW: only what multiplies is pulled to zero, biases are not."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _uses_bfloat16(precision: str, device: torch.device) -> bool:
    if precision != "auto":
        return precision == "bfloat16"
    return torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_amx_tile_supported()


def _copied(value: torch.Tensor) -> np.ndarray:
    return value.detach().cpu().numpy().copy()


def _part(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    prefix = f"{name}/"
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
