"""Scripts that travel with a model: they run it and check it anywhere, with onnxruntime, numpy and Pillow alone."""

from pathlib import Path

NAMES = ("README.md", "check.py", "novelty.py", "predict.py")


def files() -> dict[str, bytes]:
    """Name and content of each file that goes beside a bundle."""
    folder = Path(__file__).parent
    return {name: (folder / name).read_bytes() for name in NAMES}
