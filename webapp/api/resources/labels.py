from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Status
from pydantic import Field

from webapp.api.answers import address
from webapp.api.resources.shapes import NAME, Input, LabelOut
from webapp.core.errors import UserError
from webapp.projects import queries, services
from webapp.projects.models import Label, Project
from webapp.projects.names import clean_name, key_of
from webapp.projects.rules import EDIT, fetch

router = Router(tags=["Projects and labels"])


class LabelName(Input):
    name: str = Field(json_schema_extra=NAME)


class MergeInto(Input):
    into: UUID


def shown(label_id: UUID) -> dict:
    label = queries.with_counts(Label.objects.all()).get(id=label_id)
    return {"id": label.id, "name": label.name, "images": label.image_count}


@router.post("/projects/{uuid:project_id}/labels", response={201: LabelOut})
def create_label(request: HttpRequest, project_id: UUID, payload: LabelName, response: HttpResponse):
    """Make a label; 409 when the project has it, in whatever spelling."""
    project = fetch(request.auth, Project, project_id, EDIT)
    name = clean_name(payload.name)
    if project.labels.filter(key=key_of(name)).exists():
        raise UserError(_("There is a label “%(name)s” already.") % {"name": name}, code="label_exists", status=409, field="name")
    label = services.add_labels(project=project, names=[name])[0]
    response["Location"] = address("change_label", label.id, "label_id")
    return Status(201, shown(label.id))


@router.patch("/labels/{uuid:label_id}", response=LabelOut)
def change_label(request: HttpRequest, label_id: UUID, payload: LabelName):
    """Rename a label; 409 when the project has another of that name (merge them then)."""
    services.rename_label(label=fetch(request.auth, Label, label_id, EDIT), name=payload.name)
    return shown(label_id)


@router.delete("/labels/{uuid:label_id}", response={204: None})
def delete_label(request: HttpRequest, label_id: UUID):
    """Delete a label with its pictures."""
    services.remove_label(label=fetch(request.auth, Label, label_id, EDIT))
    return Status(204, None)


@router.post("/labels/{uuid:label_id}/merge", response=LabelOut)
def merge_label(request: HttpRequest, label_id: UUID, payload: MergeInto):
    """Give the pictures of this label to another one of the project, and end this one. Answers the other one."""
    label, into = (fetch(request.auth, Label, one, EDIT) for one in (label_id, payload.into))
    services.merge_labels(label=label, into=into)
    return shown(into.id)
