from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from webapp.api.answers import address, polled, stamp
from webapp.api.paging import PageOf, page
from webapp.api.resources.shapes import NAME, Input, ProjectOut, ProjectPage, Publishing, Visibility
from webapp.projects import queries, services
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, OWN, fetch, visible

router = Router(tags=["Projects and labels"])


class NewProject(Input):
    name: str = Field("", json_schema_extra={"maxLength": 100}, description="Without a name, the project is called by its labels.")
    labels: list[str] = Field([], max_length=500)


class ProjectChange(Input):
    name: str = Field(default_factory=str, json_schema_extra=NAME)
    description: str = Field(default_factory=str, max_length=2000)
    visibility: Visibility = Field(default_factory=lambda: "private")
    publishing: Publishing = Field(default_factory=lambda: "always", description="Whether the model of a run that ends well answers from then on: always, only when it is better, or never by itself.")


def shown(project: Project) -> dict:
    """A project of `complete`."""
    return {
        "id": str(project.id),
        "name": project.name,
        "description": project.description,
        "visibility": project.visibility,
        "publishing": project.publishing,
        "labels": [{"id": str(label.id), "name": label.name, "images": label.image_count} for label in project.labels.all()],
        "images": project.image_count,
        "runs": project.run_count,
        "model_id": str(project.model_id) if project.model_id else None,
        "created": stamp(project.created),
    }


def complete(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with all that `shown` needs, in two queries."""
    return queries.counted(projects).prefetch_related(Prefetch("labels", queries.with_counts(Label.objects.all())))


def one(user, project_id: UUID) -> dict:
    return shown(fetch(user, complete(Project.objects.all()), project_id))


@router.post("/projects", response={201: ProjectOut})
def create_project(request: HttpRequest, payload: NewProject, response: HttpResponse):
    project = services.create_project(owner=request.auth, name=payload.name, labels=payload.labels)
    response["Location"] = address("get_project", project.id, "project_id")
    return Status(201, one(request.auth, project.id))


@router.get("/projects", response=ProjectPage)
def list_projects(request: HttpRequest, paging: PageOf):
    """The projects of the caller, newest first."""
    return page(complete(visible(request.auth, Project)), paging, shown, newest_first=True)


@router.get("/projects/{uuid:project_id}", response=ProjectOut)
def get_project(request: HttpRequest, project_id: UUID):
    return polled(request, one(request.auth, project_id))


@router.patch("/projects/{uuid:project_id}", response=ProjectOut)
def change_project(request: HttpRequest, project_id: UUID, payload: ProjectChange):
    """Change what is sent; only the owner may change the visibility."""
    values = payload.model_dump(exclude_unset=True)
    project = fetch(request.auth, Project, project_id, OWN if "visibility" in values else EDIT)
    if values:
        services.update_project(project=project, **values)
    return one(request.auth, project.id)


@router.delete("/projects/{uuid:project_id}", response={204: None})
def delete_project(request: HttpRequest, project_id: UUID):
    """Delete a project with everything in it; only its owner may."""
    services.delete_project(project=fetch(request.auth, Project, project_id, OWN))
    return Status(204, None)
