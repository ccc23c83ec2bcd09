from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import Field

from webapp.api.answers import address, failure, polled
from webapp.api.resources.shapes import JobStatus
from webapp.bundles import at_once, queries, services
from webapp.bundles.download import sent
from webapp.bundles.queries import Offer
from webapp.projects.rules import fetch
from webapp.serving.models import Model
from webapp.training.models import Run

router = Router(tags=["Models and answers"])

SECONDS = 2  # after which it makes sense to look again
Format = Literal["onnx", "onnx-int8", "openvino", "server", "html"]


class AgreementOut(Schema):
    pictures: int = Field(description="How many of the project's pictures were asked about.")
    same: int = Field(description="Of how many the best answer was that of the page.")
    largest_difference: float = Field(description="How far a confidence was from the page's at most.")


class BundleOut(Schema):
    model_id: UUID
    format: str
    status: JobStatus | Literal["none"] = Field(description="`none`: nobody has asked for it.")
    stage: str
    size_bytes: int | None
    agreement: AgreementOut | None = Field(description="What was found when it was held against the answers of this server.")
    url: str
    error: str | None


class BundleListOut(Schema):
    items: list[BundleOut]
    next: str | None


ZIP = {"responses": {200: {"description": "A ZIP; ranges of bytes are honoured", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}}


def shown(offer: Offer) -> dict:
    packing = offer.packing
    return {
        "model_id": str(offer.model.id),
        "format": offer.format.key,
        "status": offer.status,
        "stage": packing.stage if packing and packing.is_live else "",
        "size_bytes": packing.size_bytes if offer.is_ready else None,
        "agreement": packing.agreement if offer.is_ready else None,
        "url": f"{address('get_bundle', offer.model.id, 'model_id')}?format={offer.format.key}",
        "error": failure(packing.error) if packing else None,
    }


def model_of(request: HttpRequest, model_id: UUID) -> Model:
    return fetch(request.auth, Model.objects.select_related("project", "run", "variant").defer(*Run.BIG_OF_RUN), model_id)


@router.get("/models/{uuid:model_id}/bundle", openapi_extra=ZIP, response={202: BundleOut})
def get_bundle(request: HttpRequest, model_id: UUID, response: HttpResponse, format: Format = "onnx"):
    """The model to take away: a ZIP with the network, its labels, pictures with the answers they must get, and scripts that ask and check it.

    A format that must be made first answers 202 with `Retry-After`, and its making begins; `Location` is where its state stands.
    """
    model = model_of(request, model_id)
    packing = at_once.get(model=model, key=format)
    offer = Offer(services.format_of(format), packing, model)
    if offer.is_ready:
        return sent(request, offer)
    response["Location"] = f"{address('list_bundles', model.id, 'model_id')}/{format}"
    response["Retry-After"] = str(SECONDS)
    return Status(202, shown(offer))


@router.get("/models/{uuid:model_id}/bundles", response=BundleListOut)
def list_bundles(request: HttpRequest, model_id: UUID):
    """The formats in which a model can be taken away, and how far the ZIP of each is."""
    return polled(request, {"items": [shown(offer) for offer in queries.offers(model_of(request, model_id))], "next": None})


@router.get("/models/{uuid:model_id}/bundles/{slug:format}", response=BundleOut)
def get_bundle_status(request: HttpRequest, model_id: UUID, format: Format):
    """How far the ZIP of one format is. Asking for it begins nothing."""
    return polled(request, shown(queries.offer(model_of(request, model_id), format)))
