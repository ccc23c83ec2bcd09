"""A shared AI with a small real model: it tells red, green and blue squares apart, and was tested on all of them."""

import hashlib
import tempfile
from pathlib import Path

from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label
from webapp.projects.services import create_project
from webapp.serving.tests.small import coloured, published
from webapp.sharing.models import Sharing
from webapp.training.models import Run

COLOURS = ("red", "green", "blue")


def share_colours(owner: User, name: str = "Colours", each: int = 4) -> Sharing:
    """A public AI of a person, with its pictures; it shows and gives them."""
    project = create_project(owner=owner, name=name, labels=list(COLOURS))
    images = [picture(label, 40 + number) for label in project.labels.all() for number in range(each)]
    run = jobs.claim(Run, Run.objects.create(project=project, train_images=1, val_images=len(images)).id, "one")
    with tempfile.TemporaryDirectory() as folder:
        published(run, Path(folder), list(COLOURS))
    evaluation = {"accuracy": 0.9, "interval": [0.81, 0.95], "mistakes": []}
    Run.objects.filter(id=run.id).update(evaluation=evaluation, answers=[[str(image.id), image.label.name, image.label.name, 0.9] for image in images])
    project.visibility = "public"
    project.save()
    Sharing.objects.filter(project=project).update(shows_examples=True, allows_remix=True, gives_pictures=True)
    return Sharing.objects.select_related("project").get(project=project)


def picture(label: Label, side: int) -> Image:
    """A square in the colour that the label names."""
    content = coloured(label.name, side=side)
    sha256 = hashlib.sha256(content).hexdigest()
    image = Image.objects.create(project=label.project, label=label, sha256=sha256, width=side, height=side, size_bytes=len(content))
    store.put(image.file_name, content)
    store.put(image.thumb_name, content)
    Embedding.objects.create(image=image, vector=bytes(2560))
    return image
