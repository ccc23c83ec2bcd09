"""From a trained network to one ONNX file: picture in, probabilities out, resize and normalise inside; checked before it leaves."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from trainer import graph
from trainer.backbones import build
from trainer.config import DEFAULT_BACKBONE
from trainer.conversion import scoring_model
from trainer.embed import ensure_embedder
from trainer.engines.pytorch import square
from trainer.manifest import Row
from trainer.networks import normaliser, set_head, trainable, vector_length
from trainer.pixels import PictureError, decode
from trainer.results import FitResult
from trainer.sessions import single_threaded

TOLERANCE = 1e-3
PARITY_PICTURES = 16
GOLDEN_PICTURES = 5


class ParityError(RuntimeError):
    """The exported model answers otherwise than the trained network and must not be published."""


@dataclass(frozen=True)
class Exported:
    """ONNX bytes, the golden pictures as pairs of (file bytes, {label: confidence}), and the largest difference to torch.

    The model's outputs are `probabilities` [1, C], calibrated, and `features` [1, D], what its last layer sees.
    """

    model: bytes
    input_size: int
    golden: list[tuple[bytes, dict]]
    difference: float


def export(result: FitResult, cache_dir: str | Path, check_stop: Callable[[], None] = lambda: None) -> Exported:
    """The checked ONNX model of a FitResult. check_stop() may raise between the steps. Raises ParityError."""
    network = trained_network(result)
    check_stop()
    size = result.config.image_size
    model = _grafted(result, cache_dir) if result.config.preset == "quick" else _whole(network, size, len(result.labels))
    model = graph.with_features(model, vector_length(network))
    facts = {"labels": json.dumps(result.labels, ensure_ascii=False), "input_size": str(size), "format": "1"}
    data = graph.with_metadata(graph.cleaned(model), facts).SerializeToString()
    check_stop()
    golden, difference = _checked(result, network, data, check_stop)
    return Exported(data, size, golden, difference)


def trained_network(result: FitResult) -> torch.nn.Module:
    """The trained network in torch, on the CPU, in evaluation mode; its last layer is divided by the temperature, so that its softmax is calibrated."""
    classes = len(result.labels)
    if result.config.preset == "quick":
        network = build(DEFAULT_BACKBONE, classes)
        set_head(network, result.weights)
    else:
        network = trainable(result.config.backbone, classes, result.config.image_size)
        network.load_state_dict({name: torch.from_numpy(array) for name, array in result.weights.items()})
    with torch.no_grad():
        for parameter in network.get_classifier().parameters():
            parameter /= result.temperature
    return network.eval()


def torch_probabilities(network: torch.nn.Module, pictures: Sequence[np.ndarray], size: int) -> np.ndarray:
    """The answers of torch alone to decoded pictures: its own cutting and resizing, float32 [N, classes]."""
    with torch.inference_mode(), _one_thread():
        pixels = torch.cat([square(torch.from_numpy(picture), size) for picture in pictures])
        network = network.to(memory_format=torch.channels_last)
        return torch.softmax(network(normaliser(network, "cpu")(pixels)), dim=1).numpy()


@contextmanager
def _one_thread() -> Iterator[None]:
    # For these few pictures threads gain a tenth of a second, and on a busy machine waiting for each other costs several.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _grafted(result: FitResult, cache_dir: str | Path) -> onnx.ModelProto:
    """The embedder that is there already with the head put on: no exporter has to run."""
    embedder = onnx.load(ensure_embedder(cache_dir))
    weights = result.weights / result.temperature
    return graph.chain(embedder, graph.head_model(weights[:, :-1], weights[:, -1]))


def _whole(network: torch.nn.Module, size: int, classes: int) -> onnx.ModelProto:
    return graph.chain(scoring_model(network, size), graph.softmax_model(classes))


def _checked(result: FitResult, network: torch.nn.Module, data: bytes, check_stop: Callable[[], None]) -> tuple[list[tuple[bytes, dict]], float]:
    session = onnxruntime.InferenceSession(data, single_threaded(), providers=["CPUExecutionProvider"])
    sample = list(_sample(result))
    if not sample:
        raise ParityError("None of the pictures can be read any more, so that the exported model could not be checked.")
    rows, pictures = zip(*sample, strict=True)
    wanted = torch_probabilities(network, pictures, result.config.image_size)
    check_stop()
    answers = [session.run(["probabilities"], {"picture": picture})[0][0] for picture in pictures]
    differences = [float(np.abs(answer - want).max()) for answer, want in zip(answers, wanted, strict=True)]
    for row, difference in zip(rows, differences, strict=True):
        if not difference <= TOLERANCE:  # also true of not-a-number
            raise ParityError(f"The exported model differs from the trained one by {difference:.4f} on {Path(row.path).name}.")
    return _golden(result.labels, rows[:GOLDEN_PICTURES], answers), max(differences)


def _golden(labels: list[str], rows: Sequence[Row], answers: list[np.ndarray]) -> list[tuple[bytes, dict]]:
    """Pairs of a picture file's bytes and its answer by label."""
    named = [dict(zip(labels, map(float, answer), strict=True)) for answer in answers[:len(rows)]]
    return [(Path(row.path).read_bytes(), answer) for row, answer in zip(rows, named, strict=True)]


def _sample(result: FitResult) -> Iterator[tuple[Row, np.ndarray]]:
    """Up to 16 readable pictures, test pictures first, spread over them, as (row, pixels)."""
    rows = sorted(result.used, key=lambda row: row.split == "train")
    tests = [row for row in rows if row.split == "val"]
    rows = tests[:: max(1, len(tests) // PARITY_PICTURES)] + [row for row in rows if row.split == "train"]
    found = 0
    for row in rows:
        if found == PARITY_PICTURES:
            return
        try:
            picture = decode(row.path, result.config.image_size)
        except PictureError:
            continue  # a row with a stored vector whose file is gone since; the next one serves as well
        found += 1
        yield row, picture
