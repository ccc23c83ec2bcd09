"""A model is a folder: model.onnx, bundle.json, labels.txt, golden/ (a few pictures with the answers they must get) and novelty.npz (what is like nothing it learned)."""

import io
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from trainer.files import folder_in_one_piece, sha256_of, sha256_of_bytes
from trainer.graph import uses_external_data
from trainer.standalone.novelty import Novelty

FORMAT = 1
ENGINE = "onnxruntime"
NOVELTY = "novelty.npz"


class BundleError(ValueError):
    """A model folder is incomplete, changed or not ours; the message is a sentence for a person."""


@dataclass(frozen=True)
class Bundle:
    """What bundle.json says about a model, and where it lies."""

    folder: Path
    labels: list[str]
    input_size: int
    sha256: str
    size_bytes: int
    engine: str = ENGINE
    preset: str = ""
    accuracy: float | None = None
    details: dict = field(default_factory=dict)
    novelty_sha256: str | None = None  # older models have no novelty.npz

    @property
    def model_path(self) -> Path:
        return self.folder / "model.onnx"


def write_bundle(
    folder: str | Path, *, model: bytes, labels: Sequence[str], input_size: int, preset: str = "", accuracy: float | None = None,
    golden: Iterable[tuple[bytes, dict[str, float]]] = (), details: dict | None = None, novelty: bytes | None = None,
) -> Path:
    """Publish a model folder in one piece and return its path.

    model: the ONNX bytes. golden: pairs of (picture file bytes, {label: confidence}) that a reader can check.
    details: plain values about how it was trained, kept as they are. novelty: the .npz of `trainer.standalone.novelty`.
    """
    folder = Path(folder)
    with folder_in_one_piece(folder) as temporary:
        (temporary / "model.onnx").write_bytes(model)
        (temporary / "labels.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
        _write_golden(temporary / "golden", golden)
        if novelty is not None:
            (temporary / NOVELTY).write_bytes(novelty)
        about = {
            "format": FORMAT, "engine": ENGINE, "labels": list(labels), "input_size": input_size, "preset": preset,
            "accuracy": accuracy, "sha256": sha256_of(temporary / "model.onnx"), "size_bytes": len(model),
            "versions": versions(), "details": details or {},
            "novelty_sha256": None if novelty is None else sha256_of_bytes(novelty),
        }
        _write_json(temporary / "bundle.json", about)
    return folder


def read_bundle(folder: str | Path) -> Bundle:
    """The checked Bundle in a folder: known format, unchanged model, nothing outside the file. Raises BundleError."""
    return read_checked(folder)[0]


def read_checked(folder: str | Path) -> tuple[Bundle, bytes]:
    """The Bundle in a folder and the very bytes of the model that were checked. Raises BundleError."""
    folder = Path(folder)
    about = _about(folder)
    model = _model_bytes(folder, about)
    bundle = Bundle(
        folder=folder, labels=about["labels"], input_size=about["input_size"], sha256=about["sha256"], size_bytes=len(model),
        engine=about["engine"], preset=about["preset"], accuracy=about["accuracy"], details=about["details"],
        novelty_sha256=about.get("novelty_sha256"),
    )
    return bundle, model


def read_novelty(bundle: Bundle) -> Novelty | None:
    """What the model holds for usual; None for a model that was made before it was asked. Raises BundleError."""
    if bundle.novelty_sha256 is None:
        return None
    try:
        data = (bundle.folder / NOVELTY).read_bytes()
    except OSError as error:
        raise BundleError("The model is incomplete: novelty.npz is missing. Train again to make a new one.") from error
    if sha256_of_bytes(data) != bundle.novelty_sha256:
        raise BundleError("The file novelty.npz was changed or damaged after it was made. Train again to make a new one.")
    return Novelty.read(io.BytesIO(data))


def bundle_facts(bundle: Bundle) -> dict:
    """A Bundle as plain values, without its place on this machine."""
    return {name: value for name, value in asdict(bundle).items() if name != "folder"}


def _about(folder: Path) -> dict:
    try:
        about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError("The model is missing or incomplete. Train again to make a new one.") from error
    wanted = {"labels", "input_size", "sha256", "engine", "preset", "accuracy", "details"}
    if not isinstance(about, dict) or about.get("format") != FORMAT or not wanted <= about.keys():
        raise BundleError("The model was made by another version of this program. Train again to make a new one.")
    return about


def _model_bytes(folder: Path, about: dict) -> bytes:
    path = folder / "model.onnx"
    try:
        # Hash and use the same bytes, so that the file cannot change in between.
        model = path.read_bytes()
    except OSError as error:
        raise BundleError("The model file is missing. Train again to make a new one.") from error
    if sha256_of_bytes(model) != about["sha256"]:
        raise BundleError("The model file was changed or damaged after it was made. Train again to make a new one.")
    if uses_external_data(_parsed(model)):
        raise BundleError("The model refers to files outside itself and is refused. Train again to make a new one.")
    return model


def _parsed(model: bytes) -> onnx.ModelProto:
    try:
        return onnx.load_model_from_string(model)
    except DecodeError as error:
        raise BundleError("The model file is not an ONNX model. Train again to make a new one.") from error


def _write_golden(folder: Path, golden: Iterable[tuple[bytes, dict[str, float]]]) -> None:
    folder.mkdir()
    answers = []
    for number, (picture, answer) in enumerate(golden, start=1):
        name = f"{number}.png" if picture.startswith(b"\x89PNG") else f"{number}.jpg"
        (folder / name).write_bytes(picture)
        answers.append({"file": name, "answer": answer})
    _write_json(folder / "golden.json", answers)


def _write_json(path: Path, value: dict | list) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """What the outcome of a training depends on, by name: Python and the packages that compute."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "onnx", "onnxruntime", "numpy", "pillow")}}
