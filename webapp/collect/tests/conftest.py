"""For the tests that take pictures in."""

import pytest

from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import embedder_name
from trainer.files import write_atomic
from webapp.images import vectors


@pytest.fixture(scope="session", autouse=True)
def embedder_of_earlier_tests():
    """Making the embedder takes ten seconds, for whichever test is the first to need it; one that the trainer's tests have kept is the same, by its name."""
    kept, ours = (folder / f"{embedder_name()}.onnx" for folder in (DEFAULT_CACHE, vectors.CACHE))
    if kept.exists() and not ours.exists():
        ours.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(ours, kept.read_bytes())
