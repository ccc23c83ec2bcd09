"""What a shared project shows, read in as few questions as a page may ask."""

from webapp.images.licenses import UNKNOWN, group_of
from webapp.images.models import Image
from webapp.serving.models import Model
from webapp.training.models import Run

MOST_HELD_OUT = 200  # of those that a model was tested on; a game needs 10


def answering(project_id) -> Model | None:
    """The published model of a project, with what its run tells everybody."""
    return Model.objects.filter(project=project_id, published=True).select_related("run").defer(*Run.BIG_OF_RUN).first()


def held_out(model: Model) -> list[tuple[Image, str, str, float]]:
    """Pictures that a model was tested on and has not learned from: (picture, actual label, what the AI said, how sure it was).

    Only those that are still there, under the label they had, and whose licence is known. Whether they may be shown is `shows_examples` of the owner.
    """
    answers = Run.objects.filter(id=model.run_id).values_list("answers", flat=True).first() or []
    told = {image_id: rest for image_id, *rest in answers[:MOST_HELD_OUT]}
    there = Image.objects.filter(id__in=told, project=model.project_id, status=Image.READY).select_related("label").order_by("sha256")
    rows = ((image, *told[str(image.id)]) for image in there if group_of(image.source, image.license) != UNKNOWN)
    return [row for row in rows if row[0].label.name == row[1]]
