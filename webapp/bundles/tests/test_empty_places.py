"""Every format where nothing is installed but what its README names: the one proof that counts."""

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from webapp.bundles.tests.making import ConvertibleCast, made, python

INDEX_AWAY = ("No matching distribution", "Could not find a version", "Connection", "Temporary failure")

LEAN = ("--no-compile",)  # Python compiles what is imported; all that lies in these packages took most of the time


def lines(readme: str) -> tuple[str, ...]:
    """What a README says is to be installed."""
    return tuple(line.strip() for line in readme.splitlines() if line.startswith("    pip install"))


def empty_place(commands: tuple[str, ...]) -> Path:
    """The Python of a new virtual environment in which these commands were run; skips the test where no package can be fetched."""
    folder = Path(tempfile.mkdtemp(dir=settings.DATA))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    for command in commands:
        words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "bin/python", "-q", *command.split()[1:], *LEAN]
        done = subprocess.run(words, capture_output=True, text=True, cwd=folder)
        if done.returncode and any(words in done.stderr for words in INDEX_AWAY):
            pytest.skip(f"no package can be installed here: {done.stderr[-200:]}")
        assert done.returncode == 0, done.stderr
    return folder / "bin/python"


@pytest.mark.timeout(400)
class EmptyPlaces(ConvertibleCast):
    def test_each_format_proves_itself_with_what_its_readme_names_and_nothing_else(self) -> None:
        packings = {key: made(self.model, key) for key in ("onnx", "onnx-int8", "openvino", "server")}
        folders = {key: self.unpacked(packing) for key, packing in packings.items()}
        needed = {key: lines((folder / "README.md").read_text()) for key, folder in folders.items()}
        needed["server"] = needed["onnx"]  # the same packages, of the versions that were used here
        assert all(needed.values()) and set(needed["openvino"]) != set(needed["onnx"])
        with ThreadPoolExecutor() as pool:
            kinds = sorted(set(needed.values()))
            places = dict(zip(kinds, pool.map(empty_place, kinds), strict=True))
        for key, folder in folders.items():
            checked = python(folder, "check.py", executable=str(places[needed[key]]))
            assert checked.returncode == 0 and "It answers here as it did" in checked.stdout, f"{key}: {checked.stdout} {checked.stderr}"
        for key in ("onnx-int8", "openvino"):
            found = packings[key].agreement
            assert found["pictures"] >= 3 and found["same"] >= 0.98 * found["pictures"] and (key == "onnx-int8" or found["largest_difference"] <= 1e-3), key
