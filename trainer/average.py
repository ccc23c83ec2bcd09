"""A running average of weights: steadier than the weights themselves, and what is tested and published (Polyak and Juditsky 1992)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch


class WeightAverage:
    """The exponential average of a network's numbers; `values` by name, on the network's device."""

    def __init__(self, network: torch.nn.Module, decay: float) -> None:
        self.network, self.decay = network, decay
        self.values = {name: value.clone() for name, value in self._floats()}

    def update(self, step: int) -> None:
        """Take in the weights after a step (from 1). Early steps count more, or a short run would never leave its start."""
        decay = min(self.decay, (1 + step) / (10 + step))
        names, values = zip(*self._floats(), strict=True)
        torch._foreach_lerp_([self.values[name] for name in names], list(values), 1 - decay)

    def take(self) -> None:
        """Make the average what the network is now."""
        for name, value in self._floats():
            self.values[name].copy_(value)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network with the averaged weights inside the block, with its own after it."""
        own = {name: value.clone() for name, value in self._floats()}
        self._load(self.values)
        try:
            yield
        finally:
            self._load(own)

    def restore(self, values: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `values` was."""
        for name, value in self.values.items():
            value.copy_(values[name])

    def _floats(self) -> list[tuple[str, torch.Tensor]]:
        return [(name, value) for name, value in self.network.state_dict().items() if value.is_floating_point()]

    def _load(self, values: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, value in self._floats():
                value.copy_(values[name])
