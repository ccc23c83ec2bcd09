"""From a model to one of its variants: a complete bundle for another engine, number format or input size."""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnx
from threadpoolctl import threadpool_limits

from trainer import calibration as temperatures
from trainer import cross_validation, head, novelty, whole_numbers
from trainer.bundle import ANSWERS, BUNDLE, MODEL, NOVELTY, PICTURES, Bundle, BundleError, read_bundle, read_checked, write_bundle
from trainer.cross_validation import Pictures
from trainer.files import sha256_of_bytes, write_atomic
from trainer.manifest import Row
from trainer.novelty import Known
from trainer.parts import parted, resized
from trainer.pixels import PictureError, decode
from trainer.predict import Predictor
from trainer.scoring import ENOUGH, FEATURES, actual_of
from trainer.sentences import Refusal, _
from trainer.variants import BF16, FP16, FP32, INT8, ONNXRUNTIME, OPENVINO, Variant

TOLERANCE = 1e-3
CALIBRATION = 100  # pictures; more of them change nothing that could be measured
_SEED = 0


class ConvertError(Refusal):
    """A variant cannot be made of this model, and why; the message is a sentence for a person."""


def convert(
    bundle: str | Path, variant: Variant, out: str | Path, calibration: Sequence[str | Path], check_stop: Callable[[], None] = lambda: None, golden: str = PICTURES,
) -> Path:
    """Make a bundle of this variant in `out` and return its folder; raises ConvertError, PartsError and BundleError.

    bundle: folder of the model as it was trained. calibration: picture files of training, for INT8; a hundred are enough.
    golden: PICTURES with the answers of the variant itself, or the ANSWERS alone, to pictures of the model that are called by its names for them.
    The bundle holds bundle.json, the network's file or files, labels.txt and golden/. What it holds for usual
    is that of the model until `finish` looks again. check_stop() may raise between the steps.
    """
    about, data = read_checked(bundle)
    model = onnx.load_model_from_string(data)
    if variant.input_size != about.input_size:
        model = resized(model, variant.input_size)
    check_stop()
    network = _network(model, variant, calibration)
    check_stop()
    with tempfile.TemporaryDirectory(prefix="variant") as scratch:
        folder = _written(Path(scratch) / "bundle", about, variant, network, [])
        answers = _answers(about, Predictor(folder, variant.threads), check_stop)
    if _is_exact(about, variant):
        _compare(about, answers)
    return _written(Path(out), about, variant, network, list(zip(_golden(about, golden), answers, strict=True)))


def finish(folder: str | Path, rows: Sequence[Row], check_stop: Callable[[], None] = lambda: None) -> None:
    """Let a variant that is to answer for a project learn anew what is usual, from its own view of the pictures it was trained and tested with.

    rows: as of the run's manifest, with path, label, split and group. Nothing changes where the variant computes as the model does (fp32, the same size).
    """
    predictor = Predictor(folder)
    about = predictor.bundle
    if about.details.get("exact", True) or not predictor.feature_count or about.novelty_sha256 is None:
        return
    seen = {split: _Seen(predictor, [row for row in rows if row.split == split], check_stop) for split in ("train", "val")}
    with threadpool_limits(1, "blas"):
        learned = _learned(about, seen["train"], seen["val"])
    data = novelty.packed(learned)
    facts = json.loads((about.folder / BUNDLE).read_text(encoding="utf-8")) | {"novelty_sha256": sha256_of_bytes(data)}
    write_atomic(about.folder / NOVELTY, data)
    write_atomic(about.folder / BUNDLE, (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode())


class _Seen:
    """How a model sees the pictures of rows, as far as they can be read: features [N, D] and probabilities [N, C]."""

    def __init__(self, predictor: Predictor, rows: list[Row], check_stop: Callable[[], None]) -> None:
        chosen = cross_validation.spread(actual_of(rows, predictor.labels), FEATURES, _SEED)
        self.rows, features, probabilities = [], [], []
        for row in (rows[number] for number in chosen):
            check_stop()
            try:
                outputs = predictor.outputs(decode(row.path, predictor.bundle.input_size))
            except PictureError:
                continue  # deleted or damaged since; the others are enough
            self.rows.append(row)
            probabilities.append(outputs[0][0])
            features.append(outputs[1][0])
        self.features = np.array(features, np.float32).reshape(len(features), predictor.feature_count)
        self.probabilities = np.array(probabilities, np.float32).reshape(len(features), len(predictor.labels))
        self.actual = actual_of(self.rows, predictor.labels)


def _learned(about: Bundle, train: _Seen, val: _Seen) -> novelty.Novelty:
    """As `trainer.scoring` lets a trained model learn it."""
    if len(set(train.actual)) < len(about.labels):
        raise ConvertError(_("Too few of the training pictures are there any more. Train again, then choose this variant."))
    pictures = Pictures(train.features, train.actual, [row.group for row in train.rows], len(about.labels))
    fold = cross_validation.folds_of(pictures.actual, pictures.groups, cross_validation.FOLDS, _SEED)
    decay = head.choose_decay(pictures.vectors, pictures.actual, pictures.classes, _SEED, groups=pictures.groups)
    temperature = temperatures.temperature(cross_validation.out_of_fold(pictures, fold, decay), pictures.actual)
    learned, known = novelty.learn(pictures, temperature, _SEED)
    if len(val.rows):
        tested = Known(learned.sums(val.features, val.probabilities), val.probabilities.argmax(axis=1) == val.actual)
        few = known if about.preset == "quick" else known.with_usual_of(tested)
        known = tested if len(val.rows) >= ENOUGH else few
    return novelty.with_quantiles(learned, known)


def _network(model: onnx.ModelProto, variant: Variant, calibration: Sequence[str | Path]) -> dict[str, bytes]:
    """The files of a network for this engine, by name."""
    if variant.engine == OPENVINO:
        return _intermediate(model, variant, calibration)
    if variant.engine == ONNXRUNTIME and variant.precision == INT8:
        model = whole_numbers.for_onnxruntime(model, variant.input_size, _pictures(calibration, variant.input_size))
    return {MODEL: model.SerializeToString()}


def _intermediate(model: onnx.ModelProto, variant: Variant, calibration: Sequence[str | Path]) -> dict[str, bytes]:
    """OpenVINO's own form of the network, and the model that makes the picture a square before it."""
    # Here: a machine without OpenVINO converts for the engines that it has.
    import openvino

    from trainer.engines.open_vino import NETWORK, RESIZE, WEIGHTS

    front, network = parted(model, variant.input_size)
    read = openvino.Core().read_model(network.SerializeToString(), b"")
    if variant.precision == INT8:
        read = whole_numbers.for_openvino(read, front, _pictures(calibration, variant.input_size))
    with tempfile.TemporaryDirectory(prefix="openvino") as scratch:
        path = Path(scratch) / NETWORK
        openvino.save_model(read, path, compress_to_fp16=variant.precision in (BF16, FP16))
        return {NETWORK: path.read_bytes(), WEIGHTS: (path.parent / WEIGHTS).read_bytes(), RESIZE: front.SerializeToString()}


def _pictures(files: Sequence[str | Path], size: int) -> list[np.ndarray]:
    """Up to a hundred decoded pictures, spread over those given. Raises ConvertError where none can be read."""
    pictures = []
    for path in files[:: max(1, len(files) // CALIBRATION)][:CALIBRATION]:
        try:
            pictures.append(decode(path, size))
        except PictureError:
            continue  # deleted or damaged since; the others are enough
    if not pictures:
        raise ConvertError(_("None of the training pictures is there any more, and without them there is no INT8. Train again, or choose another number format."))
    return pictures


def _written(folder: Path, about: Bundle, variant: Variant, network: dict[str, bytes], golden: list[tuple[bytes | str, dict]]) -> Path:
    exact = _is_exact(about, variant)
    details = about.details | {"variant": asdict(variant), "precision": variant.precision, "exact": exact, "made_of": about.sha256}
    usual = about.folder / NOVELTY
    return write_bundle(
        folder, model=network, engine=variant.engine, labels=about.labels, input_size=variant.input_size, preset=about.preset, details=details,
        accuracy=about.accuracy if exact else None, golden=golden, novelty=usual.read_bytes() if about.novelty_sha256 else None,
    )


def _is_exact(about: Bundle, variant: Variant) -> bool:
    """Whether its answers are those of the model, but for rounding."""
    return (variant.precision, variant.input_size) == (FP32, about.input_size)


def _answers(about: Bundle, predictor: Predictor, check_stop: Callable[[], None]) -> list[dict]:
    """The variant's own answers to the model's golden pictures."""
    answers = []
    for entry in _golden_entries(about):
        check_stop()
        answers.append(dict(predictor.predict(about.folder / "golden" / entry["file"]).answers))
    return answers


def _golden(about: Bundle, golden: str) -> list[bytes | str]:
    names = [entry["file"] for entry in _golden_entries(about)]
    return names if golden == ANSWERS else [(about.folder / "golden" / name).read_bytes() for name in names]


def _compare(about: Bundle, answers: list[dict]) -> None:
    """Raise ConvertError where a variant that should answer as the model does answers otherwise."""
    for entry, answer in zip(_golden_entries(about), answers, strict=True):
        difference = max(abs(answer[label] - share) for label, share in entry["answer"].items())
        if not difference <= TOLERANCE:  # also true of not-a-number
            raise ConvertError(_("This engine answers otherwise than the model, by %(difference)s, and is not used."), difference=f"{difference:.4f}")


def _golden_entries(about: Bundle) -> list[dict]:
    try:
        return json.loads((about.folder / "golden" / "golden.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError("The model is incomplete: golden/golden.json is missing. Train again to make a new one.") from error


def of(folder: str | Path) -> Variant:
    """The variant that a bundle holds; one that was never converted is the model as it was trained."""
    bundle = read_bundle(folder)
    return Variant(**bundle.details["variant"]) if "variant" in bundle.details else Variant(bundle.engine, bundle.precision, bundle.input_size, 1)
