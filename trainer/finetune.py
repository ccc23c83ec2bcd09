"""Presets balanced and accurate: fine-tune all weights, from a head that was solved first (Kumar et al. 2022, LP-FT)."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from trainer import head, metrics, schedule, scoring
from trainer.augment import CANVAS, augmentation, augmented, augmented_at_once
from trainer.average import WeightAverage
from trainer.batches import auto_batch
from trainer.config import DEFAULT_BACKBONE
from trainer.cross_validation import spread
from trainer.distributed import Group, started
from trainer.hardware import be_exact, device_of, memory_format, mixed_precision, name_of, sent
from trainer.networks import head_of, normaliser, set_head, train_mode, trainable
from trainer.pixelcache import pixel_cache
from trainer.quick import class_weights, sample_weights
from trainer.results import STOP, EpochReport, FitResult, check_left, check_stop
from trainer.scoring import Scores, Trained, actual_of
from trainer.supply import supply

if TYPE_CHECKING:
    # fit imports this file; only readers of the annotations need the name.
    from trainer.fit import Job

_EVALUATION_BATCH, _MOST_ON_GPU = 8, 128  # on a CPU 8 are as fast as more, and take little memory


def train(job: "Job") -> FitResult:
    """Fine-tune for a `fit.Job` and return its FitResult."""
    began = time.monotonic()
    torch.set_num_threads(job.config.threads or torch.get_num_threads())
    data = _Data(job)
    check_left(data.train.rows + data.val.rows, job.manifest.labels)
    with started(job) as group:
        loop = FineTuning(job, data, group)
        job.on_stage("training")
        loop.run()
    job.on_stage("evaluating")
    scores = loop.scores()
    return FitResult(
        config=job.config, labels=job.manifest.labels, weights=loop.best_weights, best=loop.best, epochs=loop.epoch,
        seconds=time.monotonic() - began, skipped=data.train.skipped + data.val.skipped,
        used=data.train.rows + data.val.rows, device=name_of(loop.device, group.size), **scores.facts(),
    )


def assist(job: "Job", group: Group) -> None:
    """The part of a run that a process other than the first has (`distributed.main`)."""
    FineTuning(job, _Data(job), group).run()


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

    def __init__(self, job: "Job", data: _Data, group: Group) -> None:
        self.job, self.config, self.data, self.group = job, job.config, data, group
        self.device = device_of(self.config.devices, group.rank)
        be_exact()
        torch.manual_seed(self.config.seed)
        self.network = trainable(self.config.backbone, len(job.manifest.labels), self.config.image_size)
        layout = memory_format(self.network, self.device, len(data.train.rows) * self.config.epochs / len(set(self._sizes())))
        self.network.to(self.device, memory_format=layout)
        self.called = self.network
        self.normalised = normaliser(self.network, self.device, layout)
        self.pixels = supply(data.train.pixels, self.device)
        self.actual = data.train_actual.to(self.device)
        self.optimizer = torch.optim.AdamW(_groups(self.network, self.config.weight_decay or 0.0), lr=self.config.learning_rate, fused=True)
        self.weights = torch.tensor(class_weights(data.train_actual.numpy(), len(job.manifest.labels), self.config.class_weights), dtype=torch.float32)
        self.criterion = self._criterion()
        self.mixed = mixed_precision(self.config.precision, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.mixed is torch.float16)
        self.epoch = self.waited = 0
        self.best, self.best_weights = None, None
        self.seen: np.ndarray | None = None  # the training pictures' features, once the last head is fitted to them
        self._begin()
        self._compile()
        self.called = group.parallel(self.network)

    def run(self) -> None:
        """Train to the end; an exception has the `batch_size` that was used, for whoever tries again with less."""
        try:
            self._run()
        except Exception as error:
            error.batch_size = self.batch_size
            raise

    def _run(self) -> None:
        ended = self.group.first(self._out_of_patience)
        while self.epoch < self.config.epochs and not ended:
            began = time.monotonic()
            learned = self.learn()
            ended = self.group.first(partial(self._told, *learned, began))

    def _told(self, loss: float, accuracy: float, began: float) -> bool:
        """Test, report and save after an epoch; whether that was the last one."""
        report = self.tested(loss, accuracy, began)
        ended = self.job.on_epoch(report) == STOP or self._out_of_patience()
        self.checkpoints.save_when_cheap(self.epoch, self._arrays, self._facts)
        return ended

    def learn(self) -> tuple[float, float]:
        """Learn from every training picture once; returns loss and accuracy."""
        # Order and variation follow from seed and epoch alone, so that a resumed run does the same as an unbroken one.
        torch.manual_seed((self.config.seed << 16) + self.epoch + 1)
        learned = self._train_one_epoch()
        self.epoch += 1
        return learned

    def tested(self, loss: float, accuracy: float, began: float) -> EpochReport:
        """What the test pictures say after an epoch that learned with this loss and accuracy and began then."""
        with self.average.applied():
            if self.epoch == self.config.epochs and not self.config.patience:
                self._fit_last_head()  # before the test, so that the last epoch tells of what is published
                self.average.take()
            val = self.probabilities()
        report = EpochReport(
            epoch=self.epoch, train_loss=loss, train_accuracy=accuracy,
            val_loss=metrics.cross_entropy(val, self.data.val_actual), val_accuracy=float((val.argmax(axis=1) == self.data.val_actual).mean()),
            learning_rate=self.optimizer.param_groups[0]["lr"], seconds=time.monotonic() - began,
        )
        self._keep(report)
        return report

    def probabilities(self) -> np.ndarray:
        """Probabilities, float32 [N, classes], of the test pictures in 32-bit numbers, as they will be served."""
        return np.concatenate([torch.softmax(part, dim=1).cpu().numpy() for part in self._evaluated(self.data.val.pixels, self.network)])

    def scores(self) -> Scores:
        """How good the kept weights are on the test pictures, and how sure they may be of what; those of a run that ended early get their last head first."""
        self._load(self.best_weights)
        if self.seen is None:
            self._fit_last_head()
            self.best_weights = self._state()
        val, train = self._features(self.data.val.pixels), self.seen
        logits = head.logits(head_of(self.network), val)
        self.best |= {"val_accuracy": float((logits.argmax(axis=1) == self.data.val_actual).mean()),
                      "val_loss": metrics.cross_entropy(head.softmax(logits), self.data.val_actual)}
        rows = spread(self.data.train_actual.numpy(), scoring.FEATURES, self.config.seed)
        return scoring.scores_of_network(Trained(
            labels=self.job.manifest.labels, val=self.data.val.rows, train=[self.data.train.rows[row] for row in rows],
            val_logits=logits, val_features=val, train_features=train[rows].astype(np.float32), seed=self.config.seed,
        ))

    def _features(self, pixels: np.ndarray) -> np.ndarray:
        """What the network sees in pictures, float32 [N, D]."""
        return np.concatenate([part.cpu().numpy() for part in self._evaluated(pixels, _Features(self.network, self.config.image_size))])

    def _begin(self) -> None:
        """From the newest checkpoint where there is one, else from a solved head."""
        self.checkpoints = self.job.checkpoints
        found = self.checkpoints.newest()
        # A run goes on with the batch that was found for it: another one would be another run.
        found_before = found[2]["batch_size"] if found else 0
        self.batch_size = self.config.batch_size or found_before or self.group.first(
            lambda: auto_batch(self.device, len(self.data.train.rows), self._try_step))
        self.steps_per_epoch = math.ceil(len(self.data.train.rows) / self.batch_size)
        if not found and self.group.rank == 0:
            self._solve_head()
        self.average = WeightAverage(self.network, self.config.ema)
        if found:
            self._restore(*found)
        # Not the steps that were counted: after memory ran out a batch is half as large, and an epoch has twice as many.
        self.step = self.epoch * self.steps_per_epoch
        self.job.on_log(f"{self.batch_size} pictures at once on {name_of(self.device)}, from epoch {self.epoch + 1}")

    def _compile(self) -> None:
        if self.config.compile == "on":
            torch._dynamo.config.suppress_errors = True  # where nothing can be compiled it goes on as it is
            self.network.compile()

    def _train_one_epoch(self) -> tuple[float, float]:
        train_mode(self.network)
        varied = self._variation(self._sizes()[self.epoch])
        total, hits, seen = 0.0, 0, 0
        counts = self.weights[self.data.train_actual]
        order = self._order()
        self.group.vary()
        for batch in order.split(self.batch_size):
            check_stop(self.job.should_stop)
            chosen, weight = self.group.share(batch, counts[batch])
            actual = self.actual[sent(chosen, self.device)]
            loss, logits = self._train_step(varied(self.pixels(chosen)), actual, weight)
            if weight:
                # Sums that stay on the device: to look at a number of a GPU is to wait for it.
                total = total + loss.double() * len(chosen)
                hits = hits + (logits.argmax(dim=1) == actual).sum()
                seen += len(chosen)
        return self._summed(float(total), int(hits), seen)

    def _sizes(self) -> list[int]:
        """Width and height of the pictures in each epoch."""
        size, epochs = self.config.image_size, self.config.epochs
        return [schedule.image_size(epoch, epochs, size) if self.config.sizes == "growing" else size for epoch in range(epochs)]

    def _order(self) -> torch.Tensor:
        """The numbers of all training pictures, shuffled; on a GPU the first ones fill up the last batch, since it prepares for a batch of another size anew."""
        order = torch.randperm(len(self.data.train.rows))
        return torch.cat([order, order[:-len(order) % self.batch_size]]) if self.device.type == "cuda" and self.batch_size < len(order) else order

    def _variation(self, size: int) -> Callable[[torch.Tensor], torch.Tensor]:
        if self.device.type == "cuda":
            return lambda pixels: augmented_at_once(pixels, self.config.augment, size)
        transform = augmentation(self.config.augment, size)
        return lambda pixels: augmented(pixels, transform)

    def _summed(self, total: float, hits: int, seen: int) -> tuple[float, float]:
        """Loss and accuracy of an epoch from the sums of all processes."""
        totals, hits_of, seen_by = zip(*self.group.gather((total, hits, seen)), strict=True)
        if self.group.size > 1:
            self.job.on_log(f"epoch {self.epoch + 1}: the processes learned from {' and '.join(map(str, seen_by))} pictures")
        return sum(totals) / sum(seen_by), sum(hits_of) / sum(seen_by)

    def _train_step(self, pixels: torch.Tensor, actual: torch.Tensor, weight: float) -> tuple[torch.Tensor, torch.Tensor]:
        for group in self.optimizer.param_groups:
            group["lr"] = self._learning_rate()
        loss, logits = self._backward(pixels, actual, weight)
        self.scaler.unscale_(self.optimizer)
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.step += 1
        self.average.update(self.step)
        return loss, logits

    def _backward(self, pixels: torch.Tensor, actual: torch.Tensor, weight: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.device.type, self.mixed, enabled=self.mixed is not torch.float32):
            logits = self.called(self.normalised(pixels)).float()
            loss = self.criterion(logits, actual)
        self.scaler.scale(loss * weight).backward()
        return loss.detach(), logits.detach()

    def _try_step(self, count: int) -> None:
        """The work of a step with made-up pictures, of which nothing is learned."""
        train_mode(self.network)
        size = self.config.image_size
        self._backward(torch.zeros(count, 3, size, size, dtype=torch.uint8), torch.zeros(count, dtype=torch.long, device=self.device))
        self.optimizer.zero_grad(set_to_none=True)

    def _learning_rate(self) -> float:
        steps, warmup = self.config.epochs * self.steps_per_epoch, self.config.warmup_epochs * self.steps_per_epoch
        return schedule.learning_rate(self.step, steps, warmup, self.config.learning_rate)

    def _keep(self, report: EpochReport) -> None:
        """Remember the weights that will be published.

        Those of the last epoch: choosing the one that does best on the test pictures would flatter it. Whoever sets a patience has chosen otherwise.
        """
        better = self.best is None or (report.val_accuracy, -report.val_loss) > (self.best["val_accuracy"], -self.best["val_loss"])
        self.waited = 0 if better else self.waited + 1
        if better or not self.config.patience:
            self.best = {name: getattr(report, name) for name in ("epoch", "val_accuracy", "val_loss")}
            with self.average.applied():
                self.best_weights = self._state()

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.waited

    def _criterion(self) -> torch.nn.CrossEntropyLoss:
        # With weights a GPU would be waited for in each step, so that where all count the same there are none.
        weights = None if self.config.class_weights == "none" else self.weights.to(self.device)
        return torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=self.config.label_smoothing)

    def _fit_last_head(self) -> None:
        """Fit the head once more, to the tuned network's features of the pictures as they are: its own has learned from varied ones and softened labels.

        One to two points more on held-out photos of clothes and on digits.
        """
        self.seen = self._features(self.data.train.pixels)
        set_head(self.network, self._fitted(self.seen))

    def _solve_head(self) -> None:
        set_head(self.network, self._fitted(self._vectors()))

    def _fitted(self, vectors: np.ndarray) -> np.ndarray:
        """The linear head on vectors of the training pictures, float32 [classes, D + 1], whose strength cross-validation chose."""
        actual, groups, classes = self.data.train_actual.numpy(), [row.group for row in self.data.train.rows], len(self.job.manifest.labels)
        weights = sample_weights(actual, classes, self.config.class_weights)
        decay = head.choose_decay(vectors, actual, classes, self.config.seed, weights, groups=groups)
        return head.solve(head.Objective(vectors, actual, classes, decay, weights))

    def _vectors(self) -> np.ndarray:
        stored = [row.vector for row in self.data.train.rows]
        fits = self.config.backbone == DEFAULT_BACKBONE and self.config.image_size == 224
        if fits and all(vector is not None for vector in stored):
            return np.stack(stored).astype(np.float32)
        return self._features(self.data.train.pixels)

    def _evaluated(self, pixels: np.ndarray, network: torch.nn.Module) -> Iterator[torch.Tensor]:
        self.network.eval()
        at_once = min(self.batch_size, _MOST_ON_GPU) if self.device.type == "cuda" else _EVALUATION_BATCH
        with torch.inference_mode():
            for start in range(0, len(pixels), at_once):
                check_stop(self.job.should_stop)
                part = torch.from_numpy(np.array(pixels[start:start + at_once]))
                yield network(self.normalised(self._filled(part, at_once))).float()[:len(part)]

    def _filled(self, part: torch.Tensor, count: int) -> torch.Tensor:
        """Pictures, on a GPU with empty ones behind them, so that every batch is as large (as in `_order`)."""
        missing = count - len(part) if self.device.type == "cuda" else 0
        return torch.cat([part, part.new_zeros((missing, *part.shape[1:]))]) if missing else part

    def _load(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})

    def _state(self) -> dict[str, np.ndarray]:
        return {name: _copied(value) for name, value in self.network.state_dict().items()}

    def _arrays(self) -> dict[str, np.ndarray]:
        parts = {"now": self.network.state_dict(), "average": self.average.values}
        arrays = {f"{part}/{name}": _copied(value) for part, values in parts.items() for name, value in values.items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{index}/{name}": _copied(value) for name, value in values.items()}
        return arrays | {f"best/{name}": array for name, array in self.best_weights.items()}

    def _facts(self) -> dict:
        return {"batch_size": self.batch_size, "best": self.best, "waited": self.waited, "scaler": self.scaler.state_dict()}

    def _restore(self, epoch: int, arrays: Mapping[str, np.ndarray], facts: dict) -> None:
        self.epoch, self.best, self.waited = epoch, facts["best"], facts["waited"]
        if facts["scaler"]:  # what it learned on a machine that computed in float16
            self.scaler.load_state_dict(facts["scaler"])
        self._load(_part(arrays, "now"))
        self.best_weights = _part(arrays, "best")
        self.average.restore({name: torch.from_numpy(array) for name, array in _part(arrays, "average").items()})
        states = {}
        for name, array in _part(arrays, "optimizer").items():
            index, field = name.split("/")
            states.setdefault(int(index), {})[field] = torch.from_numpy(array)
        self.optimizer.load_state_dict({"state": states, "param_groups": self.optimizer.state_dict()["param_groups"]})
        for parameter, state in self.optimizer.state.items():
            _lay_out_like(parameter, state)


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


def _lay_out_like(parameter: torch.Tensor, state: dict[str, torch.Tensor]) -> None:
    """Bring what the optimizer knows of a parameter into the parameter's own order in memory: a fused step goes through both as they lie."""
    for name, value in state.items():
        if value.shape == parameter.shape:
            state[name] = torch.empty_like(parameter).copy_(value)


def _copied(value: torch.Tensor) -> np.ndarray:
    return value.detach().cpu().numpy().copy()


def _part(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    prefix = f"{name}/"
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
