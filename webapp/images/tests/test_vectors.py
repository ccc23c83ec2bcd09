import pytest

from webapp.core.errors import ShuttingDown
from webapp.core.jobs import shutting_down
from webapp.images import vectors


def test_a_process_that_ends_does_not_wait_until_the_embedder_is_made(monkeypatch, tmp_path) -> None:
    began = tmp_path / "began"
    monkeypatch.setattr(vectors, "CACHE", tmp_path)
    monkeypatch.setattr(vectors, "_embedders", [])
    monkeypatch.setattr(vectors, "_MAKE", f"import time; open({str(began)!r}, 'w').close(); time.sleep(600)")
    monkeypatch.setattr(shutting_down, "wait", lambda seconds: began.exists())
    with pytest.raises(ShuttingDown):
        vectors.embedder()
    assert not vectors._lock.locked()
