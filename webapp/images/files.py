"""The files of pictures: written before their rows, deleted after them."""

from webapp.core import store
from webapp.images.guard import Prepared
from webapp.images.models import Image


def write(pictures: list[tuple[Image, Prepared]]) -> None:
    """Put pictures and thumbnails into the store; they are there for good when this returns."""
    files = []
    for image, prepared in pictures:
        files += [(image.file_name, prepared.jpeg), (image.thumb_name, prepared.thumb)]
    store.put_many(files)


def write_missing(pictures: list[tuple[Image, Prepared]]) -> None:
    """Write again what somebody who deleted the same picture has taken away meanwhile."""
    gone = [(image, prepared) for image, prepared in pictures if not store.exists(image.file_name)]
    if gone:
        write(gone)


def discard(pictures: list[tuple[Image, Prepared]]) -> None:
    """Delete the files of pictures of one project that got no row, but not of one that somebody else has brought in meanwhile."""
    there = with_row(pictures)
    gone = [(image, prepared) for image, prepared in pictures if image.sha256 not in there]
    for image, _prepared in gone:
        store.delete(image.file_name)
        store.delete(image.thumb_name)
    back = with_row(gone)  # brought in between the question and the deletion
    if back:
        write_missing([(image, prepared) for image, prepared in gone if image.sha256 in back])


def with_row(pictures: list[tuple[Image, Prepared]]) -> set[str]:
    """The hashes of those pictures of one project that have a row."""
    rows = Image.objects.filter(project_id=pictures[0][0].project_id, sha256__in={image.sha256 for image, _prepared in pictures}) if pictures else Image.objects.none()
    return set(rows.values_list("sha256", flat=True))
