"""From a torch network to an ONNX model that begins with the picture: resize and normalise inside."""

import io

import onnx
import torch

from trainer import graph
from trainer.backbones import build, colours
from trainer.config import DEFAULT_BACKBONE


def embedder_bytes(size: int) -> bytes:
    """The ONNX bytes of the packaged network from `picture` to `features` [1, 1280]."""
    return picture_model(build(DEFAULT_BACKBONE, 0).eval(), size, "features").SerializeToString()


def scoring_model(network: torch.nn.Module, size: int) -> onnx.ModelProto:
    """A network as an ONNX model from `picture` (uint8 [H, W, 3]) to `logits`, and to `features`, the vector before its last layer."""
    return _after_resize(network, _network_model(_WithFeatures(network).eval(), size, ["logits", "features"]), size)


def picture_model(network: torch.nn.Module, size: int, output: str) -> onnx.ModelProto:
    """A network as an ONNX model from `picture` (uint8 [H, W, 3]) to `output`, which sees size x size pixels."""
    return _after_resize(network, _network_model(network, size, [output]), size)


class _WithFeatures(torch.nn.Module):
    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.network.forward_head(self.network.forward_features(values), pre_logits=True)
        return self.network.get_classifier()(features), features


def _after_resize(network: torch.nn.Module, model: onnx.ModelProto, size: int) -> onnx.ModelProto:
    mean, std = colours(network)
    return graph.chain(graph.resize_model(size), graph.normalise_model(mean, std, size), model)


def _network_model(network: torch.nn.Module, size: int, outputs: list[str]) -> onnx.ModelProto:
    """The bare network as an ONNX model from `normalised` [1, 3, size, size] to `outputs`."""
    program = torch.onnx.export(
        network, (torch.zeros(1, 3, size, size),), dynamo=True, external_data=False, opset_version=graph.OPSET,
        input_names=["normalised"], output_names=outputs, verbose=False,
    )
    buffer = io.BytesIO()
    program.save(buffer)
    return graph.cleaned(onnx.load_model_from_string(buffer.getvalue()))
