"""Copies the few files of the JavaScript packages that pages use from node_modules/ to static_vendor/ and static_plain/ (none is in git)."""

import gzip
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "tus-js-client/dist/tus.min.js": "tus/tus.min.js",
    "tus-js-client/dist/tus.min.js.map": "tus/tus.min.js.map",  # the program names it, and a static file that names a missing one is refused
    "tus-js-client/LICENSE": "tus/LICENSE",
    "uplot/dist/uPlot.esm.js": "uplot/uPlot.esm.js",
    "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
    "uplot/LICENSE": "uplot/LICENSE",
}
# What runs models inside a browser has tens of megabytes: it is served as it lies, and not collected and compressed anew with every change of a style.
PLAIN = {
    f"onnxruntime-web/dist/{name}": f"runtime/{name}"
    for name in (
        "ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm",
        "ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm",
    )
}


def places() -> dict[Path, Path]:
    """Every file with the place it is copied to."""
    kept = {name: f"static_vendor/{target}" for name, target in FILES.items()} | {name: f"static_plain/{target}" for name, target in PLAIN.items()}
    return {ROOT / "node_modules" / name: ROOT / target for name, target in kept.items()}


def missing() -> list[str]:
    """The served files that are not there yet."""
    return [target.name for target in places().values() if not target.is_file()]


def copy() -> None:
    """Copy every file; raises FileNotFoundError when a package is not installed."""
    for source, target in places().items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if target.suffix == ".wasm":
            with gzip.open(f"{target}.gz", "wb", compresslevel=7) as packed:
                packed.write(source.read_bytes())


if __name__ == "__main__":
    copy()
