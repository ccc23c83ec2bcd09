"""The golden pictures that travel with a model: those that are still in its project, with the pictures that they are."""

import hashlib
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from trainer.files import sha256_of
from webapp.bundles.formats import folder
from webapp.core import store
from webapp.images.models import Image
from webapp.serving import golden
from webapp.serving.models import Model


def of_model(model: Model) -> list[Image]:
    """The pictures of the project that travel with a model, in the order of its golden ones."""
    digests = [digest for digest in (digest_of(f"{model.folder}/{name}") for name in sorted(model.files) if golden.is_picture(name)) if digest]
    there = by_digest(model.project_id, digests)
    return [there[digest] for digest in digests if digest in there]


def keep_those_there(bundle: Path, project_id: UUID) -> dict[str, Image]:
    """Take out of a folder, which is a copy of a model's, the golden pictures that were deleted from the project; the others by their names in `golden/`.

    They are numbered anew, as whatever converts a model numbers them: one name is one picture from here on.
    """
    entries = folder.listed(bundle / folder.GOLDEN)
    digests = [sha256_of(bundle / folder.GOLDEN / entry["file"]) for entry in entries]
    there, kept, images = by_digest(project_id, digests), [], {}
    for entry, digest in zip(entries, digests, strict=True):
        file = bundle / folder.GOLDEN / entry["file"]
        if digest not in there:
            file.unlink()
            continue
        name = f"{len(kept) + 1}{file.suffix}"
        file.rename(file.with_name(name))  # never onto another: those before it have left their places
        kept.append(entry | {"file": name})
        images[name] = there[digest]
    if entries:
        folder.write_json(bundle / golden.LIST, kept)
    return images


def by_digest(project_id: UUID, digests: list[str]) -> dict[str, Image]:
    return {image.sha256: image for image in Image.objects.filter(project=project_id, sha256__in=digests)}


def digest_of(name: str) -> str:
    """The SHA-256 of a golden picture of the store; nothing when it is gone."""
    try:
        return kept_digest(name)
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=4096)
def kept_digest(name: str) -> str:
    """The same, read once: a golden picture never changes, and a page that waits for a ZIP asks every second."""
    return hashlib.sha256(store.get(name)).hexdigest()
