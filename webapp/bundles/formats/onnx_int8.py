"""ONNX in whole numbers: small, and fast where the processor has instructions for them."""

from django.utils.translation import gettext_lazy as _

from webapp.bundles.formats.converted import Converted


class OnnxInt8(Converted):
    key = "onnx-int8"
    title = "ONNX INT8"
    purpose = _("For small computers and phones: a quarter of the size, in whole numbers. Now and then it answers a little differently; we count how often.")
    precision, taken = "int8", ("int8",)
    readme = "onnx_int8.md"
