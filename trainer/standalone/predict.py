"""Ask this model what it sees: python predict.py picture.jpg [more pictures]

Needs onnxruntime, numpy and Pillow. Resizing and normalising are inside model.onnx: it takes the upright RGB pixels of a picture of any size.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from novelty import Novelty, is_unknown
from PIL import Image, ImageOps

HERE = Path(__file__).resolve().parent
ABOUT = json.loads((HERE / "bundle.json").read_text(encoding="utf-8"))


def load(path=HERE / "model.onnx"):
    """The model, ready to be asked."""
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def pixels(file):
    """Upright RGB pixels, uint8 [height, width, 3]; alpha lies on white, and a large JPEG is decoded at the smallest size that is enough."""
    with Image.open(file, formats=("JPEG", "PNG")) as image:
        image.draft(None, (ABOUT["input_size"], ABOUT["input_size"]))
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        image = Image.fromarray(np.rint(np.asarray(image) / 257.0).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return np.array(image.convert("RGB"))


def predict(model, file):
    """{label: confidence from 0 to 1} for a picture file."""
    return named(model.run(["probabilities"], {"picture": pixels(file)})[0])


def look(model, novelty, file):
    """{label: confidence from 0 to 1} for a picture file, and how familiar it looks, from 0 to 1 (see novelty.py)."""
    confidences, features = model.run(["probabilities", "features"], {"picture": pixels(file)})
    return named(confidences), float(novelty.familiarity(features, confidences)[0])


def named(confidences):
    return dict(zip(ABOUT["labels"], map(float, confidences[0])))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    session, usual = load(), Novelty.read(HERE / "novelty.npz") if ABOUT.get("novelty_sha256") else None
    for name in sys.argv[1:]:
        answer, familiarity = look(session, usual, name) if usual else (predict(session, name), 1.0)
        best = sorted(answer.items(), key=lambda pair: -pair[1])[:5]
        print(name, *["none of these"] * is_unknown(familiarity), *(f"{label} {confidence:.1%}" for label, confidence in best), sep="\t")
