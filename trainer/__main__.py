"""python -m trainer fit|predict|export|tune|vary|embed: the trainer by hand, on a folder of label folders."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from trainer import lab
from trainer.bundle import BundleError, read_bundle, write_bundle
from trainer.config import ConfigError, TrainConfig, describe
from trainer.embed import Embedder, ensure_embedder
from trainer.fit import FitError, fit
from trainer.manifest import Manifest, ManifestError, Row, check, split_rows
from trainer.pixels import PictureError, decode
from trainer.predict import Predictor
from trainer.results import EpochReport
from trainer.standalone.novelty import KEEP
from trainer.variants import offered, original, this_machine

SUFFIXES = {".jpg", ".jpeg", ".png"}
DEFAULT_CACHE = Path(tempfile.gettempdir()) / "aimaker-trainer"


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options)
    except (BundleError, ConfigError, FitError, ManifestError, PictureError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def rows_of(folder: str | Path, seed: int) -> Manifest:
    """The labels and rows of a folder whose sub-folders are labels; raises ManifestError where there is too little."""
    files = sorted(path for path in Path(folder).glob("*/*") if path.suffix.lower() in SUFFIXES)
    labels = sorted({path.parent.name for path in files})
    check({label: sum(path.parent.name == label for path in files) for label in labels})
    splits = split_rows([path.parent.name for path in files], seed)
    rows = [Row(str(path), path.parent.name, split, key=str(path.relative_to(folder))) for path, split in zip(files, splits, strict=True)]
    return Manifest(labels, rows)


def _fit(options: argparse.Namespace) -> int:
    # The exporter brings torch, which the other commands do without.
    from trainer.export import export

    config = TrainConfig.from_dict(_given(options))
    manifest = rows_of(options.folder, config.seed)
    with tempfile.TemporaryDirectory() as scratch:
        result = fit(config, manifest, options.work or scratch, _print_epoch, on_stage=lambda stage: print(stage, flush=True), cache_dir=options.cache)
    exported = export(result, options.cache)
    write_bundle(options.out, model=exported.model, labels=result.labels, input_size=exported.input_size, preset=config.preset,
                 accuracy=result.evaluation["accuracy"], golden=exported.golden, novelty=result.novelty, details={"config": config.to_dict(), "best": result.best})
    for entry in result.skipped:
        print(f"skipped {entry['path']}: {entry['message']}")
    low, high = result.evaluation["interval"]
    print(f"accuracy {result.evaluation['accuracy']:.3f} (95 % between {low:.3f} and {high:.3f}), model in {options.out}")
    return 0


def _predict(options: argparse.Namespace) -> int:
    predictor = Predictor(options.bundle)
    for path in options.pictures:
        prediction = predictor.predict(Path(path), options.top, options.keep)
        print(path, *["none of these"] * prediction.unknown, *(f"{label} {confidence:.3f}" for label, confidence in prediction.answers), sep="\t")
    return 0


def _export(options: argparse.Namespace) -> int:
    bundle = read_bundle(options.bundle)
    Path(options.out).write_bytes(bundle.model_path.read_bytes())
    print(f"{options.out}: {', '.join(bundle.labels)}; input `picture` uint8 [height, width, 3], output `probabilities`")
    return 0


def _tune(options: argparse.Namespace) -> int:
    bundle, machine = read_bundle(options.bundle), this_machine()
    manifest = rows_of(options.folder, options.seed)
    first = original(bundle, machine)
    ways = [first, *(way for way in offered(bundle, machine) if way != first and (options.threads or way.threads) == way.threads)]
    print(f"{machine.name}, {machine.cores} cores; {len(manifest.val)} pictures asked\n{lab.head()}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        found = []
        for row in lab.look(options.bundle, ways, manifest.val, manifest.train, options.out or Path(scratch)):
            found.append(row)
            print(lab.line(row), flush=True)
    if found[0].measured is None:
        return 2
    print(f"fastest with at most {options.points:g} points lost: {lab.fastest(found, options.points).variant.name}")
    return 0


def _vary(options: argparse.Namespace) -> int:
    # torch, which the other commands do without.
    from trainer.variations import vary

    for file in vary(options.pictures, options.out, augment=options.augment, size=options.size, seed=options.seed):
        print(file)
    return 0


def _embed(options: argparse.Namespace) -> int:
    embedder = Embedder(ensure_embedder(options.cache))
    vectors = embedder.embed([decode(Path(path)) for path in options.pictures])
    np.save(options.out, vectors.astype(np.float16))
    print(f"{options.out}: {vectors.shape[0]} vectors of {vectors.shape[1]} numbers by {embedder.name}")
    return 0


def _print_epoch(report: EpochReport) -> None:
    print(json.dumps({name: round(value, 5) for name, value in report.to_dict().items()}), flush=True)


def _given(options: argparse.Namespace) -> dict[str, str]:
    names = [option["name"] for option in describe()]
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    train = _command(commands, "fit", _fit, "train on a folder of label folders")
    train.add_argument("folder", type=Path)
    train.add_argument("--out", type=Path, required=True, help="folder of the model")
    train.add_argument("--work", type=Path, help="folder of the checkpoints; the same one again goes on from them")
    for option in describe():
        train.add_argument(f"--{option['name'].replace('_', '-')}", help=option["help"])
    predict = _command(commands, "predict", _predict, "ask a model about pictures")
    predict.add_argument("bundle", type=Path)
    predict.add_argument("pictures", nargs="+")
    predict.add_argument("--top", type=int, default=3)
    predict.add_argument("--keep", type=float, default=KEEP, help="share of the pictures answered rightly that are answered; the rest are none of these")
    export = _command(commands, "export", _export, "copy the checked ONNX file out of a model folder")
    export.add_argument("bundle", type=Path)
    export.add_argument("--out", type=Path, required=True)
    tune = _command(commands, "tune", _tune, "measure a model on other engines, in other number formats, on smaller pictures")
    tune.add_argument("bundle", type=Path)
    tune.add_argument("folder", type=Path, help="folder of label folders that it was trained with; the pictures that tested it are asked")
    tune.add_argument("--seed", type=int, default=0, help="of the run")
    tune.add_argument("--threads", type=int, help="so many alone; left out: 1, 2, 4 and 8, as far as there are cores")
    tune.add_argument("--points", type=float, default=1.0, help="of accuracy that the fastest may lose")
    tune.add_argument("--out", type=Path, help="folder in which the variants are left, a model folder each")
    varied = _command(commands, "vary", _vary, "write pictures as training would vary them")
    varied.add_argument("pictures", nargs="+")
    varied.add_argument("--out", type=Path, required=True, help="folder of the JPEG files")
    varied.add_argument("--augment", default="light", choices=("none", "light", "strong"))
    varied.add_argument("--size", type=int, default=224)
    varied.add_argument("--seed", type=int, default=0)
    embed = _command(commands, "embed", _embed, "write the vectors of pictures as .npy")
    embed.add_argument("pictures", nargs="+")
    embed.add_argument("--out", type=Path, required=True)
    return parser


def _command(commands: argparse._SubParsersAction, name: str, verb: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text)
    command.set_defaults(verb=verb)
    command.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="folder of the embedder")
    return command


if __name__ == "__main__":
    sys.exit(main())
