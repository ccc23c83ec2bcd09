"""A linear head on stored vectors: multinomial logistic regression by L-BFGS on all pictures at once, in numpy."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

# Strengths tried, as C of scikit-learn: the penalty on the weights is 1 / (2 C N) times their squared length.
CANDIDATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
MEMORY = 10
_CHUNK = 8192
_CHOOSING_LIMIT = 2000


@dataclass
class Objective:
    """Mean weighted cross-entropy of a linear head on vectors [N, D], plus the penalty decay / 2 * |weights|^2."""

    vectors: np.ndarray
    actual: np.ndarray
    classes: int
    decay: float
    sample_weights: np.ndarray | None = None

    def __call__(self, head: np.ndarray) -> tuple[float, np.ndarray]:
        """Loss with penalty and its gradient at a head [classes, D + 1], whose last column is the bias."""
        loss, gradient = 0.0, np.zeros_like(head)
        weights = np.ones(len(self.actual)) if self.sample_weights is None else self.sample_weights
        total = weights.sum()
        for start in range(0, len(self.actual), _CHUNK):
            part = slice(start, start + _CHUNK)
            vectors = np.asarray(self.vectors[part], np.float32)
            probabilities = softmax(logits(head, vectors))
            rows = np.arange(len(vectors))
            right = probabilities[rows, self.actual[part]]
            loss -= float(weights[part] @ np.log(np.maximum(right, 1e-30)))
            probabilities[rows, self.actual[part]] -= 1
            error = (probabilities * (weights[part] / total)[:, None]).astype(np.float32)
            gradient[:, :-1] += error.T @ vectors
            gradient[:, -1] += error.sum(axis=0)
        gradient[:, :-1] += self.decay * head[:, :-1]
        return loss / total + self.decay / 2 * float((head[:, :-1] ** 2).sum()), gradient


@dataclass
class Lbfgs:
    """Limited-memory BFGS (Nocedal 1980) with backtracking; `head` is where it stands. Every step lowers the objective or stays."""

    objective: Objective
    head: np.ndarray
    steps: list = field(default_factory=list)
    changes: list = field(default_factory=list)
    loss: float | None = None
    gradient: np.ndarray | None = None

    def step(self, largest: float = 1.0) -> float:
        """One step of at most `largest` times the estimated best one; returns the share of it that was taken (0: no better point)."""
        if self.gradient is None:
            self.loss, self.gradient = self.objective(self.head)
        direction = self._direction()
        slope = float((direction * self.gradient).sum())
        length = largest
        for _ in range(20):
            head = self.head + length * direction
            loss, gradient = self.objective(head)
            if loss <= self.loss + 1e-4 * length * slope:
                self._moved(head, loss, gradient)
                return length
            length /= 2
        return 0.0

    def state(self) -> dict[str, np.ndarray]:
        """Everything that the next step depends on, as a dict of arrays."""
        pairs = {f"step{i}": a for i, a in enumerate(self.steps)} | {f"change{i}": a for i, a in enumerate(self.changes)}
        return {"head": self.head, "gradient": self.gradient, "loss": np.array(self.loss), **pairs}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        self.head, self.gradient, self.loss = state["head"], state["gradient"], float(state["loss"])
        count = sum(name.startswith("step") for name in state)
        self.steps = [state[f"step{i}"] for i in range(count)]
        self.changes = [state[f"change{i}"] for i in range(count)]

    def _moved(self, head: np.ndarray, loss: float, gradient: np.ndarray) -> None:
        step, change = head - self.head, gradient - self.gradient
        if float((step * change).sum()) > 1e-12:
            self.steps, self.changes = [*self.steps, step][-MEMORY:], [*self.changes, change][-MEMORY:]
        self.head, self.loss, self.gradient = head, loss, gradient

    def _direction(self) -> np.ndarray:
        if not self.steps:
            # With nothing learned about the curvature, a step of length one is a safe start.
            return -self.gradient / max(float(np.linalg.norm(self.gradient)), 1e-12)
        pairs = [(s, y, 1 / float((s * y).sum())) for s, y in zip(self.steps, self.changes, strict=True)]
        q, shares = self.gradient.copy(), []
        for s, y, rho in reversed(pairs):
            shares.append(rho * float((s * q).sum()))
            q -= np.float32(shares[-1]) * y
        s, y, rho = pairs[-1]
        q *= np.float32(1 / (rho * float((y * y).sum())))
        for (s, y, rho), share in zip(pairs, reversed(shares), strict=True):
            q += np.float32(share - rho * float((y * q).sum())) * s
        return -q


def logits(head: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Scores [N, classes] of vectors [N, D]."""
    return vectors @ head[:, :-1].T + head[:, -1]


def softmax(scores: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def probabilities_of(head: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Probabilities [N, classes], in chunks, so that a file of vectors on disk need not fit into memory."""
    parts = [softmax(logits(head, np.asarray(vectors[i:i + _CHUNK], np.float32))) for i in range(0, len(vectors), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros((0, len(head)), np.float32)


def blank(classes: int, dimensions: int) -> np.ndarray:
    """A head that knows nothing: all zeros, [classes, dimensions + 1]."""
    return np.zeros((classes, dimensions + 1), np.float32)


def solve(objective: Objective, steps: int = 60, start: np.ndarray | None = None) -> np.ndarray:
    """The best head for an objective, by at most `steps` steps."""
    head = blank(objective.classes, objective.vectors.shape[1]) if start is None else start
    optimizer = Lbfgs(objective, head)
    for _ in range(steps):
        before = optimizer.loss
        if optimizer.step() == 0 or (before is not None and before - optimizer.loss < 1e-5 * abs(before)):
            break
    return optimizer.head


def choose_decay(
    vectors: np.ndarray, actual: np.ndarray, classes: int, seed: int, sample_weights: np.ndarray | None = None, folds: int = 5,
    groups: Sequence[Hashable] | None = None,
) -> float:
    """The penalty whose heads are least surprised (cross-entropy) by training pictures held out in turn.

    Looks at training pictures alone, at most 2,000 of them; those of the same group (None: of none) are held out together.
    """
    chosen, fold = _folds(actual, groups or [None] * len(actual), seed, folds)
    vectors, actual = np.asarray(vectors[chosen], np.float32), actual[chosen]
    weights = None if sample_weights is None else sample_weights[chosen]
    losses = np.zeros(len(CANDIDATES))
    for held_out in range(folds):
        teach, test = fold != held_out, fold == held_out
        losses += _held_out_losses(vectors, actual, classes, teach, test, weights)
    return 1 / (CANDIDATES[int(losses.argmin())] * len(fold))


def _held_out_losses(
    vectors: np.ndarray, actual: np.ndarray, classes: int, teach: np.ndarray, test: np.ndarray, weights: np.ndarray | None,
) -> np.ndarray:
    head, losses = None, []
    weights = None if weights is None else weights[teach]
    for c in CANDIDATES:  # from strong to weak, each starting where the last one ended
        objective = Objective(vectors[teach], actual[teach], classes, 1 / (c * teach.sum()), weights)
        head = solve(objective, start=head)
        right = probabilities_of(head, vectors[test])[np.arange(test.sum()), actual[test]]
        losses.append(-np.log(np.maximum(right, 1e-12)).sum())
    return np.array(losses)


def _folds(actual: np.ndarray, groups: Sequence[Hashable], seed: int, folds: int) -> tuple[np.ndarray, np.ndarray]:
    """Up to 2,000 row numbers and the fold of each; every label is spread over all folds, and a group is in one of them."""
    order = np.random.default_rng(seed).permutation(len(actual))[:_CHOOSING_LIMIT]
    order = np.sort(order)
    by_label = np.random.default_rng(seed).permutation(len(order))
    by_label = by_label[np.argsort(actual[order][by_label], kind="stable")]
    fold = np.empty(len(order), np.int64)
    place: dict[tuple[bool, Hashable], int] = {}
    for row in by_label:
        group = groups[order[row]]
        fold[row] = place.setdefault((group is None, row if group is None else group), len(place)) % folds
    return order, fold
