from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Status

from webapp.api.answers import address, failure, polled, stamp
from webapp.api.resources.shapes import NAME, UploadOut
from webapp.core.errors import UserError
from webapp.ingest import services
from webapp.ingest.models import Upload
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, fetch
from webapp.projects.services import add_labels

router = Router(tags=["Pictures"])

FORM = {
    "required": ["file"],
    "properties": {
        "file": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}, "description": "Pictures (JPG, PNG, WebP, HEIC, AVIF, GIF), ZIPs, Teachable Machine projects (.tm), lists (.csv, .tsv, .json, .jsonl, .xml) or lists of addresses (.txt); repeat the field for more."},
        "label": {"type": "string", **NAME, "description": "The label of all pictures; it is made when it is not there. Without it, folders of a ZIP or a list among the files say the labels."},
    },
    "type": "object",
    "additionalProperties": False,
}
BODY = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}}


def shown(upload: Upload) -> dict:
    return {
        "id": str(upload.id),
        "project_id": str(upload.project_id),
        "status": upload.status,
        "total": upload.total,
        "processed": upload.processed,
        "accepted": upload.accepted,
        "duplicates": upload.duplicates,
        "rejected": [{name: str(file.get(name, "")) for name in ("name", "reason", "message")} for file in upload.rejected],
        "labels": upload.labels,
        "notices": upload.notices,
        "error": failure(upload.error),
        "created": stamp(upload.created),
    }


def label_of(project: Project, form) -> Label | None:
    """The label that the form names, made when the project does not have it yet."""
    return add_labels(project=project, names=[form["label"]])[0] if "label" in form else None


def check_form(request: HttpRequest) -> None:
    if request.content_type != "multipart/form-data":
        raise UserError(_("Send the files as multipart/form-data, in fields called file."), code="unsupported_type", status=415)
    if unknown := (set(request.POST) - {"label", "csrfmiddlewaretoken"}) | (set(request.FILES) - {"file"}):
        raise UserError(_("These fields are not known: %(names)s.") % {"names": ", ".join(sorted(unknown))[:300]})
    if not request.FILES.getlist("file"):
        raise UserError(_("No file came along. Send it in a field called file, with a Content-Length."), code="no_files", field="file")


@router.post("/projects/{uuid:project_id}/uploads", response={202: UploadOut}, openapi_extra=BODY)
def create_upload(request: HttpRequest, project_id: UUID, response: HttpResponse):
    """Send pictures, or ZIPs of them, to be taken in. Poll the answer."""
    project = fetch(request.auth, Project, project_id, EDIT)
    check_form(request)
    upload = services.receive(project=project, files=request.FILES.getlist("file"), label=label_of(project, request.POST))
    response["Location"] = address("get_upload", upload.id, "upload_id")
    return Status(202, shown(upload))


@router.get("/uploads/{uuid:upload_id}", response=UploadOut)
def get_upload(request: HttpRequest, upload_id: UUID):
    return polled(request, shown(fetch(request.auth, Upload.objects.defer("files"), upload_id)))
