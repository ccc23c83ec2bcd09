"""Scripts that travel with a model: they run it and check it anywhere, with the engine of its format, numpy and Pillow alone."""

from pathlib import Path

NAMES = ("check.py", "novelty.py", "predict.py", "seen.py")


def files(engine: str) -> dict[str, bytes]:
    """Name and content of each script that goes beside a network of an engine, onnxruntime or openvino."""
    here = Path(__file__).parent
    paths = {name: here / name for name in NAMES} | {
        "network.py": here / f"network_{engine}.py",
        "pixels.py": here.parent / "pixels.py",  # the same file that training and the pages read pictures with, so that no two of them can part
    }
    return {name: path.read_bytes() for name, path in paths.items()}
