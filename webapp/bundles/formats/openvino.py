"""OpenVINO IR: fast on Intel processors."""

from django.utils.translation import gettext_lazy as _

from webapp.bundles.formats.converted import Converted


class OpenVino(Converted):
    key = "openvino"
    title = "OpenVINO"
    purpose = _("For Intel processors and their graphics: the same answers, sooner.")
    engine = "openvino"
    readme = "openvino.md"
