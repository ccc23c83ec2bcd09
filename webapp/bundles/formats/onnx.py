"""ONNX: the very network that answers on the page."""

from collections.abc import Callable
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from webapp.bundles.formats import folder
from webapp.bundles.formats.base import Facts, Format


class Onnx(Format):
    key = "onnx"
    title = "ONNX"
    purpose = _("For programs of your own, in nearly any language: the network exactly as it was trained.")
    by_worker = False

    def build(self, bundle: Path, out: Path, facts: Facts, check: Callable[[], None]) -> None:
        folder.write(bundle, out, facts, "onnxruntime", "onnx.md", check)
