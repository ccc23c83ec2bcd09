"""The Open Inference Protocol (KServe V2, which Triton and others speak): a model is called by the id of its project, a version is the number of a run.

Input: one tensor, `image` BYTES [n] of encoded pictures or `pixels` UINT8 [n, height, width, 3]. Output: `labels` BYTES [n, k] and `probabilities`
FP32 [n, k], best first, and `unknown` BOOL [n]. Also the binary and the classification extension. The key comes as a Bearer token.
"""

from dataclasses import dataclass, field

import numpy as np
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from trainer.predict import Prediction
from webapp.api.adapters import door as shared
from webapp.api.adapters.tensors import pictures, read_request, write_answer, wrong
from webapp.api.resources.pictures import LARGEST, LARGEST_JSON, read
from webapp.core import health
from webapp.core.errors import UserError
from webapp.serving.models import Model

HEADER = "Inference-Header-Content-Length"
LARGEST_BODY = LARGEST + 100_000
INPUTS = [{"name": "image", "datatype": "BYTES", "shape": [-1]}, {"name": "pixels", "datatype": "UINT8", "shape": [-1, -1, -1, 3]}]
OUTPUTS = {"labels": "BYTES", "probabilities": "FP32", "unknown": "BOOL"}


@dataclass(frozen=True)
class Wanted:
    """What a request wants back: which outputs, which of them in binary, and of which the best few as text."""

    names: list[str]
    binary: set[str] = field(default_factory=set)
    classes: dict[str, int] = field(default_factory=dict)


def refused(error: UserError) -> JsonResponse:
    return JsonResponse({"error": str(error)}, status=error.status)


@shared.door(refused, "GET")
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"live": True})


@shared.door(refused, "GET")
def ready(request: HttpRequest) -> JsonResponse:
    """Whether questions can be answered: that needs the database and the store, and no worker."""
    parts = health.readiness().now()
    is_ready = all(parts[name] == health.OK for name in ("database", "store"))
    return JsonResponse({"ready": is_ready}, status=200 if is_ready else 503)


@shared.door(refused, "GET")
def server(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"name": "AI Maker", "version": "1", "extensions": ["classification", "binary_tensor_data"]})


@shared.door(refused, "GET")
def about(request: HttpRequest, project_id: str, version: str = "published") -> JsonResponse:
    """What the model takes and gives, and the versions that there are."""
    user = shared.caller(request, None)
    model = shared.named(user, shared.project_id(project_id), version)
    numbers = shared.models(user, model.project_id).order_by("run__number").values_list("run__number", flat=True)
    count = len(model.labels)
    outputs = [{"name": name, "datatype": kind, "shape": [-1] if name == "unknown" else [-1, count]} for name, kind in OUTPUTS.items()]
    return JsonResponse({"name": project_id, "versions": [str(number) for number in numbers], "platform": "onnxruntime_onnx", "inputs": INPUTS, "outputs": outputs})


@shared.door(refused, "GET")
def model_ready(request: HttpRequest, project_id: str, version: str = "published") -> JsonResponse:
    shared.named(shared.caller(request, None), shared.project_id(project_id), version)
    return JsonResponse({"name": project_id, "ready": True})


@shared.door(refused)
def infer(request: HttpRequest, project_id: str, version: str = "published") -> HttpResponse:
    """Ask about one picture or several."""
    model = shared.named(shared.caller(request, None), shared.project_id(project_id), version)
    header = header_length(request)
    given, tensor = read_request(plain_body(request, LARGEST_JSON if header is None else LARGEST_BODY), header)
    want = wanted(given)
    found = [shared.ask(request, model, picture) for picture in pictures(tensor)]
    told = {"model_name": project_id, "model_version": str(model.run.number), **({"id": str(given["id"])} if given.get("id") else {})}
    told["parameters"] = shared.timing(request)
    content, json_length = write_answer(told, chosen(model, found, want), want.binary)
    answer = HttpResponse(content, content_type="application/json" if json_length is None else "application/octet-stream")
    if json_length is not None:
        answer[HEADER] = str(json_length)
    return answer


def header_length(request: HttpRequest) -> int | None:
    """How much of the body is JSON, where binary data follows."""
    said = request.headers.get(HEADER)
    if said is None:
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 10):
        raise wrong(_("The header %(name)s is a number of bytes.") % {"name": HEADER})
    return int(said)


def plain_body(request: HttpRequest, limit: int) -> bytes:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UserError(_("Send the request without compression."), code="unsupported_type", status=415)
    return read(request, limit)


def wanted(given: dict) -> Wanted:
    """What a request wants back; all outputs where it names none. Raises UserError 400."""
    try:
        in_binary = given.get("parameters", {}).get("binary_data_output") is True
        asked = {output["name"]: output.get("parameters", {}) for output in given.get("outputs") or [{"name": name} for name in OUTPUTS]}
        binary = {name for name, about in asked.items() if about.get("binary_data", in_binary) is True}
        classes = {name: int(about["classification"]) for name, about in asked.items() if "classification" in about}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise wrong(_("The outputs of the request cannot be read.")) from None
    if unknown := set(asked) - set(OUTPUTS) or set(classes) - {"probabilities"}:
        raise wrong(_("There is no output of this kind: %(names)s.") % {"names": ", ".join(sorted(map(str, unknown)))[:200]})
    return Wanted(list(asked), binary, classes)


def chosen(model: Model, found: list[Prediction], want: Wanted) -> dict[str, np.ndarray]:
    """The outputs that are wanted, as arrays with one row for each picture."""
    every = {
        "labels": np.array([[label for label, _share in one.answers] for one in found], object),
        "probabilities": np.array([[share for _label, share in one.answers] for one in found], np.float32),
        "unknown": np.array([one.unknown for one in found]),
    }
    if best := want.classes.get("probabilities"):
        numbers = {label: number for number, label in enumerate(model.labels)}
        rows = [[f"{share:f}:{numbers[label]}:{label}" for label, share in one.answers[: max(best, 1)]] for one in found]
        every["probabilities"] = np.array(rows, object)
    return {name: every[name] for name in want.names}
