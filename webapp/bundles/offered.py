"""The formats in which a model can be taken away, in the order in which pages show them."""

from functools import cache

from webapp.bundles.formats.base import Format
from webapp.bundles.formats.html import Html
from webapp.bundles.formats.onnx import Onnx
from webapp.bundles.formats.onnx_int8 import OnnxInt8
from webapp.bundles.formats.openvino import OpenVino
from webapp.bundles.formats.server import Server


@cache
def formats() -> dict[str, Format]:
    """Each format by its key."""
    return {one.key: one for one in (Onnx(), OnnxInt8(), OpenVino(), Server(), Html())}
