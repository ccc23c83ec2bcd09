from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field, model_validator

from webapp.api.paging import PageOf, page
from webapp.api.resources.shapes import NAME, ImageOut, ImagePage, ImageStatus, Input
from webapp.core.errors import UserError
from webapp.images import services
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.names import key_of
from webapp.projects.rules import EDIT, VIEW, fetch

router = Router(tags=["Pictures"])


class Filter(Schema):
    label: str = Field("", max_length=100, description="The name of a label.")
    status: ImageStatus | None = None


class ImageChange(Input):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    label: str = Field(default_factory=str, json_schema_extra=NAME, description="The name of another label of the project.")
    status: ImageStatus = Field(default_factory=lambda: "ready")

    @model_validator(mode="after")
    def something(self) -> "ImageChange":
        if not self.model_fields_set:
            raise ValueError("send label or status")
        return self


def shown(image: Image) -> dict:
    """An image that was read with its label."""
    return {
        "id": image.id,
        "label": image.label.name,
        "width": image.width,
        "height": image.height,
        "sha256": image.sha256,
        "split": image.split,
        "status": image.status,
        "source": image.source,
        "source_url": image.source_url,
        "license": image.license,
        "creator": image.creator,
        "url": reverse("images:picture", args=[image.id]),
        "thumb_url": reverse("images:thumb", args=[image.id]),
    }


def label_named(project: Project, name: str) -> Label:
    """A label of the project by its name in any spelling; raises UserError 422."""
    label = project.labels.filter(key=key_of(name)).first()
    if label is None:
        raise UserError(_("There is no label “%(name)s”. Make it first.") % {"name": name[:100]}, code="unknown_label", field="label")
    return label


@router.get("/projects/{uuid:project_id}/images", response=ImagePage)
def list_images(request: HttpRequest, project_id: UUID, paging: PageOf, only: Annotated[Filter, Query()]):
    """The pictures of a project, oldest first."""
    project = fetch(request.auth, Project, project_id, VIEW)
    rows = project.images.select_related("label")
    if only.label:
        # By its id and not by a join: so an index gives the pictures in their order.
        label = project.labels.filter(key=key_of(only.label)).first()
        rows = rows.filter(label=label) if label else rows.none()
    if only.status:
        rows = rows.filter(status=only.status)
    return page(rows, paging, shown, newest_first=False)


@router.get("/images/{uuid:image_id}", response=ImageOut)
def get_image(request: HttpRequest, image_id: UUID):
    return shown(fetch(request.auth, Image.objects.select_related("label"), image_id))


@router.patch("/images/{uuid:image_id}", response=ImageOut)
def change_image(request: HttpRequest, image_id: UUID, payload: ImageChange):
    """Move a picture to another label, set it aside from training, or take it back."""
    image = fetch(request.auth, Image.objects.select_related("label", "project"), image_id, EDIT)
    given = payload.model_fields_set
    if "label" in given:
        services.move_image(image=image, label=label_named(image.project, payload.label))
    if "status" in given:
        change = services.keep if payload.status == Image.READY else services.set_aside
        change(image=image)
    return shown(Image.objects.select_related("label").get(id=image.id))


@router.delete("/images/{uuid:image_id}", response={204: None})
def delete_image(request: HttpRequest, image_id: UUID):
    services.delete_image(image=fetch(request.auth, Image, image_id, EDIT))
    return Status(204, None)
