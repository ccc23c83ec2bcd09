"""Networks made ready for fine-tuning on few pictures: batch-norm folded away, a solved head to start from, fast memory layout."""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.utils.fusion import fuse_conv_bn_weights

from trainer.backbones import BackboneError, build
from trainer.sentences import _

_NORMS = (torch.nn.BatchNorm2d,)


def trainable(backbone: str, classes: int, size: int) -> torch.nn.Module:
    """A pretrained network for `classes` labels whose batch-norms cannot be upset by small batches.

    Where each batch-norm follows a convolution it is folded into it, with its ImageNet statistics: the same function, a third
    less time per step on a CPU. Otherwise the statistics are kept frozen, see `train_mode`.
    """
    network = build(backbone, classes).eval()
    check_size(network, size)
    folded = _folded(build(backbone, classes).eval())
    folded.load_state_dict(_head_of(network), strict=False)
    return folded if _same(network, folded, size) else network


def check_size(network: torch.nn.Module, size: int) -> None:
    """Raise BackboneError when a network takes pictures of one size alone, such as a vision transformer, and it is not this one."""
    wanted = network.pretrained_cfg["input_size"][1]
    if network.pretrained_cfg.get("fixed_input_size") and wanted != size:
        raise BackboneError(_("This network takes pictures of %(wanted)d pixels alone. Set image_size to %(wanted)d, or choose another network."), wanted=wanted)


def train_mode(network: torch.nn.Module) -> None:
    """Switch to training, all but the batch-norms."""
    network.train()
    for module in network.modules():
        if isinstance(module, _NORMS):
            module.eval()


def set_head(network: torch.nn.Module, head: np.ndarray) -> None:
    """Copy a linear head, float32 [classes, D + 1] with the bias last, into the network's last layer."""
    classifier = network.get_classifier()
    with torch.no_grad():
        classifier.weight.copy_(torch.from_numpy(head[:, :-1].copy()))
        classifier.bias.copy_(torch.from_numpy(head[:, -1].copy()))


def vector_length(network: torch.nn.Module) -> int:
    """How many numbers the last layer sees; `num_features` counts what is pooled, of which MobileNetV3 makes more."""
    return network.get_classifier().in_features


def head_of(network: torch.nn.Module) -> np.ndarray:
    """The network's last layer as `set_head` takes it."""
    classifier = network.get_classifier()
    return torch.cat([classifier.weight, classifier.bias[:, None]], dim=1).detach().cpu().numpy()


def normaliser(
    network: torch.nn.Module, device: torch.device | str, layout: torch.memory_format = torch.channels_last,
) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function from pixels [N, 3, S, S], 0 to 255, to what the network wants to see."""
    mean, std = (torch.tensor(network.pretrained_cfg[name], device=device).view(1, 3, 1, 1) for name in ("mean", "std"))

    def normalised(pixels: torch.Tensor) -> torch.Tensor:
        values = (pixels.to(device).float() - mean * 255) / (std * 255)
        return values.contiguous(memory_format=layout)

    return normalised


def _head_of(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    classifier = network.get_classifier()
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    return {names[id(parameter)]: parameter.data for parameter in classifier.parameters()}


def _folded(network: torch.nn.Module) -> torch.nn.Module:
    """Fold every batch-norm into the convolution before it, by the order in which the network lists them."""
    convolution = None
    for name, module in list(network.named_modules()):
        if isinstance(module, torch.nn.Conv2d):
            convolution = module
        elif isinstance(module, _NORMS) and convolution is not None and convolution.out_channels == module.num_features:
            _fold(convolution, module)
            parent, _, leaf = name.rpartition(".")
            setattr(network.get_submodule(parent), leaf, getattr(module, "act", torch.nn.Identity()))
            convolution = None
    return network


def _fold(convolution: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d) -> None:
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    convolution.weight, convolution.bias = (torch.nn.Parameter(part.detach().clone()) for part in (weight, bias))


def _same(network: torch.nn.Module, folded: torch.nn.Module, size: int) -> bool:
    # The order of listing is not proof; the same answers are.
    with torch.no_grad():
        example = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
        wanted, got = network.forward_features(example), folded.forward_features(example)
    return wanted.shape == got.shape and bool((wanted - got).abs().max() <= 1e-3 * wanted.abs().max())
