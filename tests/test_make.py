"""`make` from a clean clone: what is brought in, and that it is brought in once."""

import json
import re
import subprocess
import sys
from importlib.metadata import distributions

from deploy import vendor
from tests.source import ROOT

TOO_OLD = "import sys, runpy; sys.version_info = (3, 9, 2); sys.argv = ['deploy/prepare.py', 'requirements.txt']; runpy.run_path('deploy/prepare.py', run_name='__main__')"


def test_a_second_setup_does_nothing():
    again = subprocess.run(["make", "--no-print-directory", "setup", f"PYTHON={sys.executable}"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_python_that_is_too_old_is_said_in_a_line():
    old = subprocess.run([sys.executable, "-c", TOO_OLD], cwd=ROOT, capture_output=True, text=True, env={"PATH": ""})
    assert (old.returncode, old.stderr) == (2, "AI Maker needs Python 3.11 or newer; this is 3.9. Install python3.11 and try again.\n")


def test_every_package_has_exactly_one_version():
    for name in ("requirements.txt", "requirements-alone.txt", "requirements-dev.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("-r ", "#"))]
        assert [line for line in lines if not re.fullmatch(r"[\w.-]+(\[[\w,]+\])?==[\w.]+(; .+)?", line)] == []


def test_packages_that_stand_alone_have_what_they_need_and_no_other_package_takes_the_name_of_ours():
    assert subprocess.run([sys.executable, "-c", "import nncf, openvino"], capture_output=True, text=True, env={"NNCF_CI": "1"}).returncode == 0
    assert {"ninja", "openvino-telemetry"}.isdisjoint(found.name.lower() for found in distributions())


def test_the_lock_file_of_javascript_has_hashes_and_no_addresses():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    packages.pop("")
    assert [name for name, package in packages.items() if "resolved" in package or not package["integrity"].startswith("sha512-")] == []
    for package in packages.values():
        package.pop("funding", None)  # where its makers take money
    assert "://" not in json.dumps(packages)


def test_the_javascript_that_pages_use_is_there():
    assert vendor.missing() == []
    assert "export" in (ROOT / "static_vendor" / "uplot" / "uPlot.esm.js").read_text()


def test_nothing_that_is_made_is_in_git():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    assert [name for name in listed if name.endswith((".mo", ".pyc", ".sqlite3")) or name.startswith((".venv/", "node_modules/", "static_vendor/", "static_root/", "var/"))] == []
