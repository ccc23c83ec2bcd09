"""What a shared project shows, read in as few questions as a page may ask."""

from webapp.serving.models import Model
from webapp.training.models import Run


def answering(project_id) -> Model | None:
    """The published model of a project, with what its run tells everybody."""
    return Model.objects.filter(project=project_id, published=True).select_related("run").defer(*Run.BIG_OF_RUN).first()
