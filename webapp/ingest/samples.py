"""The sample: drawn pictures that come in the ordinary way, so that the first curves are seen with no network and no pictures of one's own."""

import tempfile

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from fixtures import samples
from webapp.accounts.models import User
from webapp.images.models import Image
from webapp.ingest.services import receive
from webapp.projects.models import Project
from webapp.projects.services import create_project, delete_project

PER_LABEL = 40


def start_sample(*, owner: User) -> Project:
    """A new project, in the language of the request, whose pictures are being taken in by a worker. Raises UserError when the disk is full or the owner has too many projects."""
    names = {"cat": _("cat"), "dog": _("dog"), "rabbit": _("rabbit")}
    project = create_project(owner=owner, name=_("Sample: drawn animals"), labels=[names[kind] for kind in samples.LABELS])
    with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        samples.draw_zip(file, per_label=PER_LABEL, folders=names)
        try:
            receive(project=project, files=[UploadedFile(file, "sample.zip", size=file.tell())], source=Image.SAMPLE)
        except BaseException:
            delete_project(project=project)
            raise
    return project
