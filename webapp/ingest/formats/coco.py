"""COCO: one JSON with `images`, `annotations` and `categories`. Of a picture with several classes the one with the largest area counts."""

from collections import defaultdict

from webapp.ingest.formats.base import WEB, Directory, Plan, Row, largest, number, split_in, text_of
from webapp.ingest.formats.documents import document, listed


def recognise(directory: Directory) -> Plan | None:
    """The pictures of all COCO files of a directory; the split is that in the name of the file or of its folder."""
    plan = Plan([])
    for place in directory.ending(".json"):
        found = document(directory, place)
        if isinstance(found, dict) and all(isinstance(found.get(key), list) for key in ("images", "annotations", "categories")):
            plan.lists.add(place)
            _add(plan, found, directory, place)
    return plan if plan.rows else None


def _add(plan: Plan, found: dict, directory: Directory, place: int) -> None:
    areas = _areas(found)
    split, folder = split_in(directory.files[place].path), directory.folder(place)
    for image in listed(found["images"]):
        classes = areas.get(text_of(image.get("id")), {})
        plan.mixed += len(classes) > 1
        plan.rows.append(_row(directory, image, largest(classes), split, folder))


def _areas(found: dict) -> dict[str, dict[str, float]]:
    """For each image the classes in it with the area that they cover; boxes without a size count a little."""
    names = {text_of(category.get("id")): text_of(category.get("name")) for category in listed(found["categories"])}
    areas: dict[str, dict[str, float]] = defaultdict(dict)
    for note in listed(found["annotations"]):
        name = names.get(text_of(note.get("category_id")), "")
        if name:
            classes = areas[text_of(note.get("image_id"))]
            classes[name] = classes.get(name, 0.0) + _area(note)
    return areas


def _area(note: dict) -> float:
    box = note.get("bbox")
    sides = number(box[2]) * number(box[3]) if isinstance(box, list) and len(box) == 4 else 0.0
    return number(note.get("area")) or sides or 1e-6


def _row(directory: Directory, image: dict, label: str, split: str, folder: str) -> Row:
    row = directory.row(text_of(image.get("file_name")), label, split, folder)
    url = text_of(image.get("coco_url")) or text_of(image.get("flickr_url"))
    if row.reason and url.startswith(WEB):
        row = Row(row.name, label, split, url=url)
    if not label and not row.reason:
        row.reason = "no_class"
    return row
