import numpy as np
import onnxruntime
import pytest
from PIL import Image

from trainer.graph import resize_model
from trainer.pixels import squashed


@pytest.mark.parametrize("size", [(533, 400), (400, 711), (1024, 300), (224, 224), (16, 16), (301, 250)])
def test_pillow_squashes_a_picture_as_the_network_does(size):
    blocks = np.random.default_rng(0).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    image = Image.fromarray(blocks).resize(size, Image.Resampling.BICUBIC)
    session = onnxruntime.InferenceSession(resize_model(224).SerializeToString())
    by_network = session.run(None, {"picture": np.array(image)})[0][0].transpose(1, 2, 0)
    ours = squashed(image, 224)
    assert np.abs(ours - by_network).max() < 1.25
    again = session.run(None, {"picture": ours})[0][0].transpose(1, 2, 0)
    assert np.array_equal(again, ours)
