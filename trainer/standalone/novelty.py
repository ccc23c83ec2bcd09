"""Does a picture look like anything that the model learned? Needs numpy alone.

Three looks at its vector, on unit vectors of square roots in a few principal directions: the model's confidence, how much kernel ridge regression on
the training pictures finds it like the label that was answered (a wide and a narrow look), and how near the nearest of them is. Each is compared with what is usual
for that label; their sum is compared with those of known pictures that were not learned from.
"""

import numpy as np

KEEP = 0.95


class Novelty:
    """What is kept of the training pictures, as arrays.

    basis [D, d] and pictures [M, d]: directions, and the training pictures in them. sharpness [S] and weights [C, S, M]: of the kernels.
    usual and spread [2 + S, C]: mean and deviation of each look by label. quantiles [Q]: sums of known pictures, in equal steps from the least to the most.
    """

    NAMES = ("basis", "pictures", "sharpness", "weights", "usual", "spread", "quantiles")

    def __init__(self, **arrays):
        self.basis, self.pictures, self.sharpness, self.weights, self.usual, self.spread, self.quantiles = (np.asarray(arrays[name], np.float32) for name in self.NAMES)

    @classmethod
    def read(cls, file):
        """Read what `arrays` gave from a .npz file; raises OSError, ValueError and KeyError."""
        with np.load(file, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in cls.NAMES})

    def arrays(self):
        """Everything by name, as small as it may be."""
        small = {name: getattr(self, name).astype(np.float16) for name in ("basis", "pictures", "weights")}
        return {name: small.get(name, getattr(self, name)) for name in self.NAMES}

    def familiarity(self, features, probabilities):
        """For vectors [N, D] and the answers [N, C] about them the share, [N] from 0 to 1, of known pictures that look less familiar."""
        return np.interp(self.sums(features, probabilities), self.quantiles, np.linspace(0, 1, len(self.quantiles)))

    def sums(self, features, probabilities):
        """How familiar pictures look, [N]; 0 is usual."""
        said = probabilities.argmax(axis=1)
        return ((self.looks(features, probabilities) - self.usual[:, said]) / self.spread[:, said]).sum(axis=0)

    def looks(self, features, probabilities):
        """Confidence, nearness and likeness at each sharpness, [2 + S, N]."""
        said = probabilities.argmax(axis=1)
        near = (directions(features) @ self.basis) @ self.pictures.T
        distances = np.maximum(2 - 2 * near, 0)
        likeness = [(np.exp(-sharpness * distances) * self.weights[said, place]).sum(axis=1) for place, sharpness in enumerate(self.sharpness)]
        return np.stack([np.log(np.maximum(probabilities.max(axis=1), 1e-6)), near.max(axis=1), *likeness])


def is_unknown(familiarity, keep=KEEP):
    """Whether a picture is called none of the labels, when the share `keep` of those that are answered rightly shall be answered."""
    return familiarity < 1 - keep


def directions(features):
    """Unit vectors, float32 [N, D], of the square roots of features: a few strong ones do not drown the others."""
    features = np.asarray(features, np.float32)
    roots = np.sign(features) * np.sqrt(np.abs(features))
    return roots / np.maximum(np.linalg.norm(roots, axis=1, keepdims=True), 1e-12)
