"""Sentences of the trainer in a form that others can translate: an English text with places, and the values for them."""

from collections.abc import Mapping
from typing import Any


def _(text: str) -> str:
    """Marks a sentence for the translators; whoever shows it translates it."""
    return text


class Refusal(ValueError):
    """Something cannot be done, and why: `text` is a sentence with places such as %(name)s, `values` fill them; `str()` is the whole in English."""

    def __init__(self, text: str, **values: Any) -> None:
        self.text = text
        self.values = {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}
        super().__init__(said(text, self.values))


def said(text: str, values: Mapping[str, Any]) -> str:
    """A text with its places filled in; without values it is taken as it is."""
    return text % values if values else text
