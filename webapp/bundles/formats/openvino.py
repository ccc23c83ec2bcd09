"""OpenVINO IR: fast on Intel processors."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from webapp.bundles.formats.converted import Converted

LONGEST = 300  # seconds


class OpenVino(Converted):
    key = "openvino"
    title = "OpenVINO"
    purpose = _("For Intel processors and their graphics: the same answers, sooner.")
    engine, taken = "openvino", ("fp32", "bf16", "fp16", "int8")
    readme = "openvino.md"

    def settle(self, made: Path, out: Path) -> None:
        """Make the square inside the network too, in a process of its own: OpenVINO would stay in this one."""
        subprocess.run([sys.executable, "-m", "trainer.intermediate", made, out], cwd=settings.BASE_DIR, check=True, capture_output=True, timeout=LONGEST)
        (out / "resize.onnx").unlink()
