"""A model is a folder: model.onnx, bundle.json, labels.txt, golden/ (a few pictures with the answers they must get) and novelty.npz (what is like nothing it learned).

One that was packed for OpenVINO has model.xml, model.bin and resize.onnx in place of model.onnx.
"""

import io
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from trainer.files import folder_in_one_piece, sha256_of_bytes
from trainer.graph import uses_external_data
from trainer.standalone.novelty import Novelty

FORMAT = 1
ENGINE = "onnxruntime"
MODEL = "model.onnx"
NETWORKS = {"onnxruntime": (MODEL,), "openvino": ("model.xml", "model.bin", "resize.onnx")}  # files by engine; of any other it is model.onnx
BUNDLE = "bundle.json"
NOVELTY = "novelty.npz"
PICTURES, ANSWERS = "pictures", "answers"  # what golden/ of a variant holds: both, or answers alone


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
        return self.folder / network_files(self.engine)[0]

    @property
    def precision(self) -> str:
        """The number format of its network: fp32, bf16, fp16 or int8."""
        return self.details.get("precision", "fp32")


def network_files(engine: str) -> tuple[str, ...]:
    """The names of the files of a network made for an engine."""
    return NETWORKS.get(engine, (MODEL,))


def write_bundle(
    folder: str | Path, *, model: bytes | Mapping[str, bytes], labels: Sequence[str], input_size: int, preset: str = "", accuracy: float | None = None,
    golden: Iterable[tuple[bytes | str, dict[str, float]]] = (), details: dict | None = None, novelty: bytes | None = None, engine: str = ENGINE,
) -> Path:
    """Publish a model folder in one piece and return its path.

    model: the ONNX bytes, or the files of a network made for another engine, by name. golden: pairs of (picture file bytes, {label: confidence}) that a reader can check;
    in place of the bytes the name that the picture has in another bundle, where this one is to hold no picture.
    details: plain values about how it was trained, kept as they are. novelty: the .npz of `trainer.standalone.novelty`.
    """
    folder, network = Path(folder), {MODEL: model} if isinstance(model, bytes) else model
    with folder_in_one_piece(folder) as temporary:
        for name, data in network.items():
            (temporary / name).write_bytes(data)
        (temporary / "labels.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
        _write_golden(temporary / "golden", golden)
        if novelty is not None:
            (temporary / NOVELTY).write_bytes(novelty)
        about = {
            "format": FORMAT, "engine": engine, "labels": list(labels), "input_size": input_size, "preset": preset,
            "accuracy": accuracy, "sha256": _hash_of(network), "size_bytes": sum(map(len, network.values())),
            "versions": versions(), "details": details or {},
            "novelty_sha256": None if novelty is None else sha256_of_bytes(novelty),
        }
        _write_json(temporary / BUNDLE, about)
    return folder


def read_bundle(folder: str | Path) -> Bundle:
    """The checked Bundle in a folder: known format, unchanged network, nothing outside its files. Raises BundleError."""
    return read_network(folder)[0]


def read_checked(folder: str | Path) -> tuple[Bundle, bytes]:
    """The Bundle in a folder and the very bytes of its model.onnx that were checked; raises BundleError, also for one made for OpenVINO."""
    bundle, network = read_network(folder)
    if MODEL not in network:
        raise BundleError("This model was made for another engine. Use the model as it was trained.")
    return bundle, network[MODEL]


def read_network(folder: str | Path) -> tuple[Bundle, dict[str, bytes]]:
    """The Bundle in a folder and the very files of its network that were checked, by name. Raises BundleError."""
    folder = Path(folder)
    about = _about(folder)
    network = _network(folder, about)
    bundle = Bundle(
        folder=folder, labels=about["labels"], input_size=about["input_size"], sha256=about["sha256"], size_bytes=sum(map(len, network.values())),
        engine=about["engine"], preset=about["preset"], accuracy=about["accuracy"], details=about["details"],
        novelty_sha256=about.get("novelty_sha256"),
    )
    return bundle, network


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
        about = json.loads((folder / BUNDLE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError("The model is missing or incomplete. Train again to make a new one.") from error
    wanted = {"labels", "input_size", "sha256", "engine", "preset", "accuracy", "details"}
    if not isinstance(about, dict) or about.get("format") != FORMAT or not wanted <= about.keys():
        raise BundleError("The model was made by another version of this program. Train again to make a new one.")
    return about


def _network(folder: Path, about: dict) -> dict[str, bytes]:
    try:
        # Hash and use the same bytes, so that the files cannot change in between.
        network = {name: (folder / name).read_bytes() for name in network_files(about["engine"])}
    except OSError as error:
        raise BundleError("The model file is missing. Train again to make a new one.") from error
    if _hash_of(network) != about["sha256"]:
        raise BundleError("The model file was changed or damaged after it was made. Train again to make a new one.")
    if any(uses_external_data(_parsed(data)) for name, data in network.items() if name.endswith(".onnx")):
        raise BundleError("The model refers to files outside itself and is refused. Train again to make a new one.")
    return network


def _hash_of(network: Mapping[str, bytes]) -> str:
    """The SHA-256 of a network's only file, or of the SHA-256s of several, in the order of their names."""
    hashes = [sha256_of_bytes(network[name]) for name in sorted(network)]
    return hashes[0] if len(hashes) == 1 else sha256_of_bytes("".join(hashes).encode())


def _parsed(model: bytes) -> onnx.ModelProto:
    try:
        return onnx.load_model_from_string(model)
    except DecodeError as error:
        raise BundleError("The model file is not an ONNX model. Train again to make a new one.") from error


def _write_golden(folder: Path, golden: Iterable[tuple[bytes | str, dict[str, float]]]) -> None:
    folder.mkdir()
    answers = []
    for number, (picture, answer) in enumerate(golden, start=1):
        name = picture if isinstance(picture, str) else _write_picture(folder, number, picture)
        answers.append({"file": name, "answer": answer})
    _write_json(folder / "golden.json", answers)


def _write_picture(folder: Path, number: int, picture: bytes) -> str:
    """The name under which it was written."""
    name = f"{number}.png" if picture.startswith(b"\x89PNG") else f"{number}.jpg"
    (folder / name).write_bytes(picture)
    return name


def _write_json(path: Path, value: dict | list) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """What the outcome of a training depends on, by name: Python and the packages that compute."""
    return {"python": platform.python_version(), **{name: version(name) for name in ("torch", "onnx", "onnxruntime", "numpy", "pillow")}}
