import subprocess
import sys

import numpy as np
import onnxruntime
from PIL import Image

from trainer.embed import DIMENSIONS
from trainer.graph import resize_model
from trainer.pixels import decode
from trainer.sessions import single_threaded


def middle(picture):
    height, width = picture.shape[:2]
    high, wide = min(height, width * 6 // 5), min(width, height * 6 // 5)
    top, left = (height - high) // 2, (width - wide) // 2
    return picture[top:top + high, left:left + wide]


def test_the_resize_in_the_graph_is_pillows_within_a_grey_level():
    session = onnxruntime.InferenceSession(resize_model(64).SerializeToString(), single_threaded())
    random = np.random.default_rng(0)
    for shape in [(90, 120, 3), (533, 400, 3), (10, 11, 3), (64, 64, 3), (300, 70, 3)]:
        picture = random.integers(0, 256, shape, np.uint8)
        pillow = np.asarray(Image.fromarray(middle(picture)).resize((64, 64), Image.Resampling.BILINEAR))
        pixels = session.run(["pixels"], {"picture": picture})[0][0].transpose(1, 2, 0)
        assert np.abs(pixels - pillow).max() < 1.01


def test_pictures_of_one_pixel_and_of_one_line_have_a_vector(embedder):
    shapes = [(1, 1, 3), (1, 900, 3), (900, 1, 3)]
    vectors = embedder.embed([np.full(shape, 200, np.uint8) for shape in shapes])
    assert vectors.shape == (3, DIMENSIONS) and np.isfinite(vectors).all()
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_vectors_come_in_the_order_of_the_pictures(embedder, drawn):
    pictures = [decode(path) for path in sorted(drawn.glob("*/*.jpg"))[::7]]
    together = embedder.embed(pictures)
    alone = np.concatenate([embedder.embed([picture]) for picture in pictures])
    assert np.array_equal(together, alone)


def test_what_web_processes_import_brings_no_torch():
    modules = "trainer.config, trainer.manifest, trainer.bundle, trainer.predict, trainer.pixels, trainer.metrics, trainer.embed, trainer.fit"
    code = f"import sys, {modules}; print(sorted(m for m in sys.modules if m in ('torch', 'timm', 'torchvision', 'django')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
