"""From a trained network to one ONNX file: picture in, probabilities out, resize and normalise inside."""

import io

import onnx
import torch

from trainer import graph
from trainer.backbones import build, colours
from trainer.config import DEFAULT_BACKBONE


def embedder_bytes(size):
    """The ONNX bytes of the packaged network from `picture` to `features` [1, 1280]."""
    network = build(DEFAULT_BACKBONE, 0).eval()
    return picture_model(network, size, "features").SerializeToString()


def picture_model(network, size, output):
    """An ONNX model from `picture` (uint8 [H, W, 3]) to the network's `output` [1, ...]."""
    mean, std = colours(network)
    body = network_model(network, size, output)
    return graph.chain(graph.resize_model(size), graph.normalise_model(mean, std, size), body)


def network_model(network, size, output):
    """The bare network as an ONNX model from `normalised` [1, 3, size, size] to `output`."""
    example = torch.zeros(1, 3, size, size, device=next(network.parameters()).device)
    program = torch.onnx.export(
        network, (example,), dynamo=True, external_data=False, opset_version=graph.OPSET,
        input_names=["normalised"], output_names=[output], verbose=False,
    )
    buffer = io.BytesIO()
    program.save(buffer)
    return graph.cleaned(onnx.load_model_from_string(buffer.getvalue()))
