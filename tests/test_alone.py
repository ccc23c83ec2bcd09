"""Test processes that run beside one another share no file: each has a data folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.source import ROOT

PROBE = """
import os, pathlib, pytest
from django.conf import settings
@pytest.mark.parametrize("number", range(4))
def test_where(number):
    assert str(settings.DATA) == os.environ["AIMAKER_DATA"]
    with open(pathlib.Path(__file__).with_name("folders"), "a") as out:
        print(os.environ["PYTEST_XDIST_WORKER"], settings.DATA, (settings.DATA / "cache").resolve(), file=out)
"""


def test_each_process_of_parallel_tests_has_its_own_data_folder_and_all_one_embedder(tmp_path: Path):
    (tmp_path / "test_probe.py").write_text(PROBE)
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text())
    environment = {name: value for name, value in os.environ.items() if name not in ("DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER")} | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", "test_probe.py"], cwd=tmp_path, env=environment, check=True)
    processes, folders, caches = map(set, zip(*(line.split() for line in (tmp_path / "folders").read_text().splitlines()), strict=True))
    assert len(processes) == len(folders) == 2 and len(caches) == 1
    assert not any(Path(folder).exists() for folder in folders)
