"""One picture of the grid: as data for the scripts of the page, and why it is where it is, in words."""

from django.utils.translation import gettext_lazy

from webapp.images.models import Image

# Few words that fit under a picture, and a sentence for where there is room.
REASONS = {
    Image.BY_HAND: (gettext_lazy("By hand"), gettext_lazy("Somebody set it aside.")),
    Image.DUPLICATE: (gettext_lazy("Near duplicate"), gettext_lazy("Set aside because another picture is nearly the same.")),
    Image.OFF_TOPIC: (gettext_lazy("Something else?"), gettext_lazy("Set aside because it does not look like the others of its label.")),
}
FLAGS = {
    "is_blurred": ("blurred", gettext_lazy("Blurred"), gettext_lazy("It looks blurred.")),
    "is_tiny": ("tiny", gettext_lazy("Very small"), gettext_lazy("It has very few pixels.")),
    "is_empty": ("empty", gettext_lazy("Almost empty"), gettext_lazy("There is hardly anything on it.")),
    "is_off_topic": ("off_topic", gettext_lazy("Looks like something else"), gettext_lazy("It does not look like the others of its label.")),
}


def cell(image: Image) -> dict:
    """A picture as the grid knows it; `like` is the label that it looks like while a person has not decided."""
    return {
        "id": str(image.id),
        "label": str(image.label_id),
        "status": image.status,
        "reason": image.aside_reason,
        "flags": [word for name, (word, _short, _long) in FLAGS.items() if stands_out(image, name)],
        "like": str(image.suggestion.label_id) if looks_wrong(image) else None,
        "group": image.group.hex if image.group else "",
        "name": image.name or image.title,
    }


def stands_out(image: Image, flag: str) -> bool:
    """Whether a flag of a picture is worth a word: of one that is set aside the reason says it, and a person may have decided otherwise."""
    is_open = image.status == Image.READY and not image.is_reviewed
    return getattr(image, flag) and (flag != "is_off_topic" or is_open)


def looks_wrong(image: Image) -> bool:
    """Whether the label is in doubt, and nobody has decided since."""
    doubted = hasattr(image, "suggestion") and image.suggestion.label_id != image.label_id
    return doubted and image.status == Image.READY and not image.is_reviewed


def reason_words(image: Image) -> str:
    """Why a picture is set aside or stands out, in a few words."""
    words = [str(REASONS.get(image.aside_reason, REASONS[Image.BY_HAND])[0])] if image.status == Image.SET_ASIDE else []
    words += [str(short) for name, (_word, short, _long) in FLAGS.items() if stands_out(image, name)]
    return " ・ ".join(words)
