"""Learning what is usual, so that a model can say "none of these"; how it is asked stands in `trainer.standalone.novelty`, which travels with it."""

import io
from dataclasses import dataclass

import numpy as np

from trainer import cross_validation, head
from trainer.cross_validation import Pictures
from trainer.principal import components
from trainer.standalone.novelty import KEEP, Novelty, directions

KEEPS = [round(1 - step / 100, 2) for step in range(21)]  # the settings of the slider
METHOD = "confidence, kernel ridge regression and the nearest picture, on unit vectors of square roots, by label"
FOLDS = 10
_SHARPNESS = (3.0, 5.0)  # of the kernels, in mean squared distances of training pictures
_PENALTY = 0.1
_DIRECTIONS = 128
_PICTURES, _WEIGHTS = 600, 250_000  # kept of the training pictures at most: 2 MB in all
_TRUST = 20  # a label counts for itself from so many pictures on; with fewer, all labels together count more
_STEADY = 20  # so many tested pictures say as much about a trained network as the training pictures do
_QUANTILES = 201


@dataclass(frozen=True)
class Known:
    """Pictures of the labels that were not learned from: how familiar they looked, [N], and whether they were answered rightly, bool [N]."""

    sums: np.ndarray
    right: np.ndarray

    def with_usual_of(self, tested: "Known") -> "Known":
        """The same spread of pictures around what is usual of tested ones, as far as these are enough to tell."""
        share = len(tested.sums) / (len(tested.sums) + _STEADY)
        mean = (1 - share) * self.sums.mean() + share * tested.sums.mean()
        deviation = self.sums.std() ** (1 - share) * max(tested.sums.std(), 0.1 * self.sums.std()) ** share if len(tested.sums) > 1 else self.sums.std()
        return Known((self.sums - self.sums.mean()) * deviation / max(self.sums.std(), 1e-6) + mean, self.right)


def learn(pictures: Pictures, temperature: float, seed: int) -> tuple[Novelty, Known]:
    """What is kept of the training pictures, with all of these as its quantiles, and how familiar they looked when they were left out in turn."""
    # The same pictures are kept and left out in turn: beside more of them everything would look more familiar than what the thresholds come from.
    most = min(_PICTURES, max(pictures.classes, _WEIGHTS // pictures.classes))
    some = pictures.some(cross_validation.spread(pictures.actual, most, seed))
    looks, probabilities = _left_out(some, temperature, seed)
    said = probabilities.argmax(axis=1)
    usual, spread = _usual(looks, said, pictures.classes)
    sums = ((looks - usual[:, said]) / spread[:, said]).sum(axis=0)
    known = Known(sums, said == some.actual)
    return with_quantiles(Novelty(**_kept(some), usual=usual, spread=spread, quantiles=[0, 1]), known), known


def with_quantiles(novelty: Novelty, known: Known) -> Novelty:
    """The same, whose thresholds keep shares of these pictures: of those that it answers rightly, since a mistake is better refused."""
    sums = known.sums[known.right] if known.right.any() else known.sums
    return Novelty(**(novelty.arrays() | {"quantiles": np.quantile(sums, np.linspace(0, 1, _QUANTILES))}))


def curve(novelty: Novelty, known: Known) -> dict:
    """What an evaluation says about refusing: for each setting of the slider the share of known pictures kept, and the accuracy of those."""
    thresholds = [float(np.interp(1 - keep, np.linspace(0, 1, len(novelty.quantiles)), novelty.quantiles)) for keep in KEEPS]
    points = [_point(keep, threshold, known) for keep, threshold in zip(KEEPS, thresholds, strict=True)]
    return {"keep": KEEP, "curve": points, "method": METHOD, "pictures": len(known.sums)}


def packed(novelty: Novelty) -> bytes:
    """A .npz file of it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **novelty.arrays())
    return buffer.getvalue()


def _point(keep: float, threshold: float, known: Known) -> dict:
    kept = known.sums >= threshold if keep < 1 else np.ones(len(known.sums), bool)
    return {"keep": keep, "threshold": threshold, "coverage": float(kept.mean()), "accuracy": float(known.right[kept].mean()) if kept.any() else None}


def _left_out(pictures: Pictures, temperature: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Looks [P, N] at every picture, and answers [N, C] about it, by what was learned from the other folds."""
    fold = cross_validation.folds_of(pictures.actual, pictures.groups, FOLDS, seed)
    decay = head.choose_decay(pictures.vectors, pictures.actual, pictures.classes, seed, groups=pictures.groups)
    probabilities = head.softmax(cross_validation.out_of_fold(pictures, fold, decay) / temperature)
    looks = np.zeros((2 + len(_SHARPNESS), len(pictures)), np.float32)
    nothing = {"usual": np.zeros((len(looks), 1)), "spread": np.ones((len(looks), 1)), "quantiles": [0, 1]}
    for number in np.unique(fold):
        test = fold == number
        novelty = Novelty(**_kept(pictures.some(np.flatnonzero(~test))), **nothing)
        looks[:, test] = novelty.looks(pictures.vectors[test], probabilities[test])
    return looks, probabilities


def _kept(pictures: Pictures) -> dict[str, np.ndarray]:
    """Directions, pictures and kernel weights."""
    units = directions(pictures.vectors)
    basis = components(units, _DIRECTIONS)
    places = units @ basis
    distances = np.maximum(2 - 2 * places @ places.T, 0)
    sharpness = np.array(_SHARPNESS) / max(float(distances.mean()), 1e-6)
    target = np.eye(pictures.classes, dtype=np.float32)[pictures.actual]
    weights = [np.linalg.solve(np.exp(-sharp * distances) + _PENALTY * np.eye(len(units)), target).T for sharp in sharpness]
    return {"basis": basis, "pictures": places, "sharpness": sharpness, "weights": np.stack(weights, axis=1)}


def _usual(looks: np.ndarray, said: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation [P, C] of each look by answered label, drawn to those of all labels where there are few pictures."""
    mean, variance = looks.mean(axis=1), looks.var(axis=1) + 1e-8
    usual, spread = np.empty((len(looks), classes)), np.empty((len(looks), classes))
    for label in range(classes):
        own = looks[:, said == label]
        count = own.shape[1] + _TRUST
        usual[:, label] = (own.sum(axis=1) + _TRUST * mean) / count
        spread[:, label] = np.sqrt((((own - usual[:, label, None]) ** 2).sum(axis=1) + _TRUST * variance) / count)
    return usual, spread
