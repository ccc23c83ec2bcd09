"""Copies the few files of the JavaScript packages that pages use from node_modules/ to static_vendor/ (neither is in git)."""

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


def missing() -> list[str]:
    """The served files that are not there yet."""
    return [name for name in FILES.values() if not (ROOT / "static_vendor" / name).is_file()]


def copy() -> None:
    """Copy every file; raises FileNotFoundError when a package is not installed."""
    for source, name in FILES.items():
        target = ROOT / "static_vendor" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "node_modules" / source, target)


if __name__ == "__main__":
    copy()
