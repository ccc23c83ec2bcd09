"""Which model of a project answers: the list of them, and putting one in use."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.api.paging import PageOf, page
from webapp.api.resources.models import rows, shown
from webapp.api.resources.shapes import ModelOut, ModelPage
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.serving import switching

router = Router(tags=["Models and answers"])


@router.get("/projects/{uuid:project_id}/models", response=ModelPage)
def list_models(request: HttpRequest, project_id: UUID, paging: PageOf):
    """The models of a project, newest first; the one with `published` answers for it."""
    project = fetch(request.auth, Project, project_id)
    return page(rows().filter(project=project), paging, shown, newest_first=True)


@router.post("/models/{uuid:model_id}/publish", response=ModelOut)
def publish_model(request: HttpRequest, model_id: UUID):
    """Have a model answer for its project from now on, in place of the one before; to go back, publish that one again. The address of the project stays the same."""
    switching.put_in_use(model=fetch(request.auth, rows(), model_id, EDIT), by=request.auth)
    return shown(rows().get(id=model_id))
