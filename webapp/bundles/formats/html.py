"""A model as ONE file for a browser: network, onnxruntime-web and page in index.html, which works from a folder or a stick without a connection."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import onnxruntime
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trainer.bundle import Bundle, read_bundle, read_novelty
from trainer.predict import Predictor
from webapp.bundles import awkward
from webapp.bundles.formats import folder
from webapp.bundles.formats.base import Facts, Format
from webapp.core.errors import UserError
from webapp.serving.familiar import packed

CARRY = Path(__file__).resolve().parent.parent / "carry" / "html"
RUNTIME = {"runtime": "ort.wasm.min.mjs", "loader": "ort-wasm-simd-threaded.mjs", "machine": "ort-wasm-simd-threaded.wasm"}
SCRIPTS = ("errors", "upright", "entropy", "idct", "colours", "jpeg", "picture", "brain")  # of the worker, each after those that it imports
STYLES = ("core/tokens.css", "core/base.css", "core/components.css")
MOST_BYTES = 200_000_000  # of the network: a browser holds the file as text, unpacks it, and holds that too
LEVEL, PIECE = 6, 1_000_000
GZIP = 16 + zlib.MAX_WBITS  # a stream that a browser unpacks by itself
_IMPORT = re.compile(r'^import (\{.*\}) from "(?:.*/)?(\w+)\.js";$', re.M)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|class|function) (\w+))", re.M)
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class Html(Format):
    key = "html"
    title = gettext_lazy("One page for a browser")
    purpose = gettext_lazy("One file to open in a browser: it needs no server and no connection, and no picture leaves the device.")
    script = ""
    inside = "index.html"
    speaks = True

    def build(self, bundle: Path, out: Path, facts: Facts, check: Callable[[], None]) -> None:
        """Write index.html, README.md and the licences of what runs in it. Raises UserError."""
        about = read_bundle(bundle)
        blocks = _data(about, facts, check)
        check()
        (out / "index.html").write_text(_page(about, facts, blocks), encoding="utf-8")
        (out / "README.md").write_text((CARRY / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
        licences = out / "THIRD-PARTY"
        licences.mkdir()
        for name in ("LICENSE", "ThirdPartyNotices.txt"):
            (licences / f"onnxruntime-{name}").write_bytes((Path(onnxruntime.__file__).parent / name).read_bytes())


def _data(about: Bundle, facts: Facts, check: Callable[[], None]) -> dict[str, str]:
    """What the page unpacks, by the id of its block: base64 of gzip, and JSON."""
    if about.size_bytes > MOST_BYTES:
        raise UserError(_("This model is too large for one page. Take it away as ONNX, or as a folder with a server."))
    blocks = {"labels": _json(list(about.labels)), "proof": _json(list(_proof(about.folder, facts, check)))}
    novelty = read_novelty(about)
    if novelty is not None:
        blocks["familiar"] = _packed(packed(novelty, facts.keep), check)
    for name, file in RUNTIME.items():
        blocks[name] = _packed(_runtime(file), check)
    return blocks | {"network": _packed(about.model_path.read_bytes(), check)}


def _proof(bundle: Path, facts: Facts, check: Callable[[], None]) -> Iterator[dict]:
    """Pictures with what the page's own code says to them: golden ones, and files that programs read in different ways."""
    predictor, golden = Predictor(bundle), bundle / folder.GOLDEN
    pictures = {entry["file"]: (golden / entry["file"]).read_bytes() for entry in folder.listed(golden)} | awkward.pictures()
    for name, content in pictures.items():
        check()
        said = predictor.predict(content, keep=facts.keep)
        yield {"name": name, "answer": dict(said.answers), "familiarity": said.familiarity, "unknown": said.unknown, "picture": base64.b64encode(content).decode()}


def _runtime(name: str) -> bytes:
    try:
        return (settings.BASE_DIR / "static_plain" / "runtime" / name).read_bytes()
    except FileNotFoundError as error:
        raise UserError(_("What runs models in a browser is not installed here. Ask whoever looks after this machine to run “make run” once.")) from error


def _page(about: Bundle, facts: Facts, blocks: dict[str, str]) -> str:
    style = "\n".join(_static(name) for name in STYLES) + (CARRY / "page.css").read_text(encoding="utf-8")
    script = (CARRY / "page.js").read_text(encoding="utf-8")
    context = {"facts": facts, "side": about.input_size, "right": round(100 * facts.accuracy), "runtime_licence": (Path(onnxruntime.__file__).parent / "LICENSE").read_text(encoding="utf-8")}
    places = {
        "policy": _policy(script, style),
        "styles": f"<style>{style}</style>",
        "pictograms": _static("core/icons.svg").replace("<svg ", '<svg class="sprite" aria-hidden="true" ', 1),
        "data": "\n".join(_block(name, content) for name, content in (blocks | {"brain": worker()}).items()),
        "script": f'<script type="module">{script}</script>',
    }
    before = render_to_string("bundles/alone.html", context)
    return re.sub(r"<!--(\w+)-->", lambda found: places[found[1]], before)


def _policy(script: str, style: str) -> str:
    """What the page may do: run its own script and what it unpacks, and send nothing anywhere."""
    return (
        f"default-src 'none'; script-src {_hash(script)} blob: 'wasm-unsafe-eval'; worker-src blob:; style-src {_hash(style)}; "
        "img-src blob: data:; media-src blob:; connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def worker() -> str:
    """The scripts of the worker as one: a file has no addresses from which one could import another."""
    sources = {"familiar": _static("serving/familiar.js")} | {name: (CARRY / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS}
    return "\n".join(_scope(name, source) for name, source in sources.items())


def _scope(name: str, source: str) -> str:
    """A module as a function that runs once, so that names of one are unknown to the others; what it exports is kept under its name."""
    exported = ", ".join(_EXPORT.findall(source))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = $of_\2;", source))
    return f"const $of_{name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();"


def _static(name: str) -> str:
    return Path(finders.find(name)).read_text(encoding="utf-8")


def _block(name: str, content: str) -> str:
    return f'<script type="text/plain" id="{name}">{content}</script>'


def _packed(content: bytes, check: Callable[[], None]) -> str:
    """Base64 of gzip, piece by piece: a large network takes its time."""
    packer, pieces = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP), []
    for start in range(0, len(content), PIECE):
        check()
        pieces.append(packer.compress(content[start : start + PIECE]))
    return base64.b64encode(b"".join([*pieces, packer.flush()])).decode()


def _json(value: object) -> str:
    """JSON that no browser takes for the end of a script."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(_ESCAPES.get(letter, letter) for letter in text)
