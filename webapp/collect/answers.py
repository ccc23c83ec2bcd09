"""Pages of hits that were given within a day: the same search again, by whoever, asks nobody."""

import hashlib
import json
from dataclasses import asdict, fields
from datetime import timedelta

from django.db.models.functions import Now

from webapp.collect.models import Answer
from webapp.collect.providers.base import Hit, Page, Provider

KEPT = timedelta(days=1)
FIELDS = [field.name for field in fields(Hit)]  # part of the key: a page that an older version has kept is none of ours


def known(provider: Provider, words: str, cursor: str) -> Page | None:
    """What the provider said to these words at this cursor, if that is not a day ago."""
    rows = Answer.objects.filter(key=key_of(provider, words, cursor), created__gt=Now() - KEPT)
    found = rows.first() if provider.is_kept else None
    return found and Page([Hit(**hit) for hit in found.page["hits"]], found.page["next_cursor"])


def keep(provider: Provider, words: str, cursor: str, page: Page) -> None:
    """Remember a page. One without hits is not worth it: the words may be new to the provider tomorrow, or its answer was odd."""
    if not provider.is_kept or not page.hits:
        return
    Answer.objects.filter(created__lte=Now() - KEPT).delete()
    values = {"page": asdict(page), "created": Now()}
    Answer.objects.update_or_create(key=key_of(provider, words, cursor), defaults=values)


def key_of(provider: Provider, words: str, cursor: str) -> str:
    return hashlib.sha256(json.dumps([FIELDS, provider.name, words, cursor]).encode()).hexdigest()
