"""Ask this model what it sees: python predict.py picture.jpg [more pictures]

Needs onnxruntime, numpy and Pillow. Resizing and normalising are inside model.onnx: it takes the upright RGB pixels of a picture of any size.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
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
    confidences = model.run(["probabilities"], {"picture": pixels(file)})[0][0]
    return dict(zip(ABOUT["labels"], map(float, confidences)))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    session = load()
    for name in sys.argv[1:]:
        answers = sorted(predict(session, name).items(), key=lambda answer: -answer[1])
        print(name, *(f"{label} {confidence:.1%}" for label, confidence in answers[:5]), sep="\t")
