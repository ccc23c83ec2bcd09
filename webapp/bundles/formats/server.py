"""A model with a small server around it, as a folder from which a container is built."""

import platform
import shutil
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from string import Template

from django.utils.translation import gettext_lazy as _

from webapp.bundles.formats import folder
from webapp.bundles.formats.base import Facts, Format

CARRY = Path(__file__).resolve().parent.parent / "carry" / "server"
PACKAGES = ("numpy", "onnxruntime", "pillow")
PYTHON = ".".join(platform.python_version_tuple()[:2])


class Server(Format):
    key = "server"
    title = _("Folder with a server")
    purpose = _("For a machine of your own: a small web server that answers, ready for a container.")
    by_worker = False

    def build(self, bundle: Path, out: Path, facts: Facts, check: Callable[[], None]) -> None:
        folder.write(bundle, out, facts, "onnxruntime", "server.md", check)
        for name in ("server.py", "check_server.py", ".dockerignore"):
            shutil.copyfile(CARRY / name, out / name)
        # The very versions that the page answers with.
        (out / "requirements.txt").write_text("".join(f"{name}=={version(name)}\n" for name in PACKAGES), encoding="utf-8")
        recipe = Template((CARRY / "Dockerfile").read_text(encoding="utf-8"))
        (out / "Dockerfile").write_text(recipe.substitute(python=PYTHON, image="my-model"), encoding="utf-8")
