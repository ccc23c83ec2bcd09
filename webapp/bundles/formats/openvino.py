"""OpenVINO IR: fast on Intel processors."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from trainer.bundle import Bundle, read_bundle
from webapp.bundles.formats.converted import Converted

LONGEST = 300  # seconds


class OpenVino(Converted):
    key = "openvino"
    title = "OpenVINO"
    purpose = _("For Intel processors and their graphics: the same answers, sooner.")
    engine, taken = "openvino", ("fp32", "bf16", "fp16", "int8")
    readme, readme_of_two = "openvino.md", "openvino_two.md"

    def readme_of(self, made: Bundle) -> str:
        return self.readme if made.precision == "fp32" else self.readme_of_two

    def settle(self, made: Path, out: Path) -> None:
        """Make the square inside the network too, in a process of its own like all that changes networks.

        Not in a network of fewer bits: a difference of a ten-thousandth in a pixel, which none in 32 bits notices, moved a confidence of one in whole
        numbers by 0.07. There the square is made by the very model that makes it where the page is served.
        """
        if read_bundle(made).precision != "fp32":
            return
        subprocess.run([sys.executable, "-m", "trainer.intermediate", made, out], cwd=settings.BASE_DIR, check=True, capture_output=True, timeout=LONGEST)
        (out / "resize.onnx").unlink()
