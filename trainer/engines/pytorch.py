"""PyTorch, eager, layer by layer as the network was exported; on the processor or on a GPU. For comparison: a web process never loads it.

A bundle holds no weights of PyTorch, so its ONNX network is carried out by PyTorch's own functions: the same work as that of the trained
network whose batch-norms are folded into its convolutions.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

from trainer.hardware import be_exact
from trainer.parts import PartsError, parted
from trainer.sentences import Refusal, _

_DEVICES = {"torch": "cpu", "cuda": "cuda"}
_TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
Layer = tuple[Callable, list[str], str]


class CudaError(Refusal):
    """There is no GPU for PyTorch; the message is a sentence for a person."""


def load(engine: str, precision: str, files: Mapping[str, bytes], threads: int, lines: int = 1) -> "TorchNetwork":
    """A model.onnx, on the processor or, for the engine cuda, on a GPU. Raises CudaError.

    PyTorch has one pool of threads in a process, so that the last one loaded decides about all; `lines` changes nothing.
    """
    if engine == "cuda" and not torch.cuda.is_available():
        raise CudaError(_("PyTorch cannot use the GPU of this machine. Install a PyTorch with CUDA that fits the driver of the GPU."))
    torch.set_num_threads(threads)
    be_exact()  # or fp32 would be TF32
    return TorchNetwork(onnx.load_model_from_string(files["model.onnx"]), _TYPES[precision], torch.device(_DEVICES[engine]))


class TorchNetwork:
    """A network as a list of layers, each a function of tensors by name."""

    pairs = False

    def __init__(self, model: onnx.ModelProto, kind: torch.dtype, device: torch.device) -> None:
        self.lengths = {output.name: output.type.tensor_type.shape.dim[-1].dim_value for output in model.graph.output}
        self._size = next(int(numpy_helper.to_array(tensor)[-1]) for tensor in model.graph.initializer if tensor.name == "sizes")
        network = parted(model, self._size, "pixels")[1]
        self._kind, self._device = kind, device
        self._constants = {tensor.name: self._tensor(tensor) for tensor in network.graph.initializer}
        self._layers = [_layer(node, self._constants) for node in network.graph.node]

    def run(self, picture: np.ndarray, wanted: list[str]) -> list[np.ndarray]:
        """See `Network`."""
        with torch.inference_mode():
            values = self._constants | {"pixels": square(torch.from_numpy(picture).to(self._device), self._size).to(self._kind)}
            for function, inputs, output in self._layers:
                values[output] = function(*[values[name] for name in inputs])
            return [values[name].float().cpu().numpy() for name in wanted]

    def _tensor(self, tensor: onnx.TensorProto) -> torch.Tensor:
        values = torch.from_numpy(numpy_helper.to_array(tensor).copy())
        return values.to(self._device, self._kind) if values.is_floating_point() else values


def square(picture: torch.Tensor, size: int) -> torch.Tensor:
    """What `trainer.graph.resize_model` makes of a picture (uint8 [height, width, 3]): float32 [1, 3, size, size], 0 to 255."""
    height, width = picture.shape[:2]
    high, wide = min(height, width * 6 // 5), min(width, height * 6 // 5)
    top, left = (height - high) // 2, (width - wide) // 2
    middle = picture[top:top + high, left:left + wide].permute(2, 0, 1)[None].float()
    return F.interpolate(middle, size=(size, size), mode="bilinear", antialias=True)


def _layer(node: onnx.NodeProto, constants: Mapping[str, torch.Tensor]) -> Layer:
    """A node as a function, the names of the tensors it takes, and that of the one it makes. Raises PartsError for an operation that is not known here."""
    if node.op_type not in _LAYERS or len(node.output) > 1:
        raise PartsError(_("This network has a layer that PyTorch is not asked for here: %(name)s."), name=node.op_type)
    settings = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    names = [name for name in node.input if name]
    # Whole numbers say how a layer works, such as axes and sides: they are settled once.
    fixed = [constants[name].tolist() for name in names if name in constants and not constants[name].is_floating_point()]
    return _LAYERS[node.op_type](settings, *fixed), [n for n in names if n not in constants or constants[n].is_floating_point()], node.output[0]


def _conv(settings: dict) -> Callable:
    pads, stride, dilation, groups = settings.get("pads", [0, 0, 0, 0]), settings.get("strides", 1), settings.get("dilations", 1), settings.get("group", 1)
    if pads[:2] == pads[2:]:
        return lambda x, weight, bias=None: F.conv2d(x, weight, bias, stride, pads[:2], dilation, groups)
    around = (pads[1], pads[3], pads[0], pads[2])
    return lambda x, weight, bias=None: F.conv2d(F.pad(x, around), weight, bias, stride, 0, dilation, groups)


def _max_pool(settings: dict) -> Callable:
    top, left, bottom, right = settings.get("pads", [0, 0, 0, 0])
    pool = partial(F.max_pool2d, kernel_size=settings["kernel_shape"], stride=settings["strides"], ceil_mode=bool(settings.get("ceil_mode", 0)))
    if (top, left) == (bottom, right):
        return partial(pool, padding=(top, left))
    return lambda x: pool(F.pad(x, (left, right, top, bottom), value=float("-inf")))


def _gemm(settings: dict) -> Callable:
    if settings.get("transB"):
        return lambda x, weight, bias=None: F.linear(x, weight, bias)
    return lambda x, weight, bias=None: F.linear(x, weight.T, bias)


def _mean(settings: dict, axes: list[int]) -> Callable:
    return partial(torch.mean, dim=axes, keepdim=bool(settings.get("keepdims", 1)))


def _layer_norm(settings: dict) -> Callable:
    return lambda x, weight, bias=None: F.layer_norm(x, weight.shape, weight, bias, settings.get("epsilon", 1e-5))


def _gather(settings: dict, places: int | list) -> Callable:
    before, wanted = (slice(None),) * settings.get("axis", 0), torch.tensor(places)
    return lambda x: x[(*before, wanted.to(x.device))]


def _plain(function: Callable) -> Callable:
    return lambda settings: function


_LAYERS = {
    "Conv": _conv, "MaxPool": _max_pool, "Gemm": _gemm, "ReduceMean": _mean, "LayerNormalization": _layer_norm,
    "Reshape": lambda settings, shape: lambda x: x.reshape(shape),
    "Gather": _gather,
    "Flatten": lambda settings: lambda x: x.flatten(settings.get("axis", 1)),
    "Transpose": lambda settings: lambda x: x.permute(settings["perm"]),
    "GlobalAveragePool": lambda settings: lambda x: x.mean((2, 3), keepdim=True),
    "Softmax": lambda settings: partial(torch.softmax, dim=settings.get("axis", -1)),
    "Gelu": lambda settings: partial(F.gelu, approximate=settings.get("approximate", b"none").decode()),
    "Clip": _plain(torch.clamp), "Relu": _plain(torch.relu), "Sigmoid": _plain(torch.sigmoid), "HardSwish": _plain(F.hardswish),
    "HardSigmoid": _plain(F.hardsigmoid), "Add": _plain(torch.add), "Sub": _plain(torch.sub), "Mul": _plain(torch.mul), "Div": _plain(torch.div),
    "MatMul": _plain(torch.matmul), "Identity": _plain(lambda x: x),
}
