"""The folder that proves itself: a network with its scripts, and pictures with the answers that the page gives for them."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template

from trainer import standalone
from trainer.files import sha256_of
from trainer.pixels import decode
from trainer.predict import Predictor
from trainer.standalone.seen import middles
from webapp.bundles import awkward
from webapp.bundles.formats.base import Facts

GOLDEN, AWKWARD = "golden", "awkward"
NETWORKS = (".onnx", ".xml", ".bin")  # endings of the files of a network
# Of a ZIP that is made of the model as it was trained while it answers packed for speed.
STAND = (
    "\n\nThis is the model as it was trained. Where it was made, it answered packed for speed ({way}) when this ZIP was made, a little differently. "
    "What is called \"the page\" here is the model as it was trained, asked by the code of that page."
)
TEMPLATES = Path(__file__).parent / "texts"


def write(network: Path, out: Path, facts: Facts, engine: str, readme: str, check: Callable[[], None]) -> None:
    """Write everything but the licences into `out`: a model's folder `network`, the scripts that ask and check it with an engine, and what they must find.

    readme: the name of its text; check: see `Format.build`.
    """
    shutil.copytree(network, out, dirs_exist_ok=True)
    change(out / "bundle.json", keep=facts.keep, made=facts.created)
    for name, content in standalone.files(engine).items():
        (out / name).write_bytes(content)
    (out / "README.md").write_text(text(readme, facts), encoding="utf-8")
    check()
    prove(network, out, facts.keep, check)
    note_hashes(out)


def note_hashes(out: Path) -> None:
    """Write down the hash of each file of the network, for the check."""
    names = sorted(path.name for path in out.iterdir() if path.suffix in NETWORKS)
    change(out / "bundle.json", files={name: sha256_of(out / name) for name in names})


def prove(network: Path, out: Path, keep: float, check: Callable[[], None]) -> None:
    """Write down what the page's own code says to the golden pictures of a model's folder, and to files that programs read in different ways."""
    predictor = Predictor(network)
    golden = [entry["file"] for entry in listed(out / GOLDEN)]
    (out / AWKWARD).mkdir()
    for name, content in awkward.pictures().items():
        (out / AWKWARD / name).write_bytes(content)
    for folder, names in ((GOLDEN, golden), (AWKWARD, sorted(awkward.pictures()))):
        entries = list(answers(predictor, out / folder, names, keep, check))
        write_json(out / folder / f"{folder}.json", entries)


def answers(predictor: Predictor, folder: Path, names: list[str], keep: float, check: Callable[[], None]) -> Iterator[dict]:
    """For each file its answer, whether it is none of the labels, and what its pixels look like."""
    for name in names:
        check()
        said = predictor.predict(folder / name, keep=keep)
        pixels = middles(decode(folder / name, predictor.bundle.input_size))
        yield {"file": name, "answer": dict(said.answers), "familiarity": said.familiarity, "unknown": said.unknown, "pixels": pixels}


def listed(folder: Path) -> list[dict]:
    """What a folder of pictures says about them; nothing where it says nothing."""
    file = folder / f"{folder.name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def change(file: Path, **values: object) -> None:
    """Write values into a file of JSON."""
    write_json(file, json.loads(file.read_text(encoding="utf-8")) | values)


def write_json(file: Path, value: dict | list) -> None:
    file.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def text(name: str, facts: Facts) -> str:
    """A text for people who unpack the ZIP, about this model."""
    template = Template((TEMPLATES / name).read_text(encoding="utf-8"))
    return template.substitute(
        stand=STAND.format(way=facts.otherwise) if facts.otherwise else "",
        name=facts.name, run=facts.run, labels=len(facts.labels), accuracy=f"{facts.accuracy:.1%}", input_size=facts.input_size, made=facts.created[:10], unknown=f"{1 - facts.keep:.0%}",
    )
