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
