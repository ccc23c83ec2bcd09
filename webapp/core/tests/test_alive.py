import os
from pathlib import Path

from webapp.core import alive


def test_whoever_is_well_makes_the_time_of_its_file_new(tmp_path: Path, settings) -> None:
    file = tmp_path / "alive"
    settings.ALIVE_FILE = str(file)
    alive.tell()
    os.utime(file, (0, 0))
    alive.tell()
    assert file.stat().st_mtime > 0


def test_nothing_is_touched_where_nobody_looks(tmp_path: Path, settings, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings.ALIVE_FILE = ""
    alive.tell()
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_touched_stops_no_work(settings, caplog) -> None:
    settings.ALIVE_FILE = "/nowhere/alive"
    alive.tell()
    assert "ALIVE_FILE /nowhere/alive cannot be touched" in caplog.text
