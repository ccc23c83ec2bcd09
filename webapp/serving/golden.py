"""The golden pictures of a model: real training pictures, kept in its bundle so that anybody can check its answers."""

import hashlib
import json
from functools import partial

from django.db import transaction
from django.dispatch import Signal

from webapp.core import store
from webapp.serving.models import Model, Variant

LIST = "golden/golden.json"

forgotten = Signal()  # sent with `model`, in the transaction, when golden pictures are taken out of it: they may be in copies that other rooms made


def forget(model: Model | Variant, hashes: set[str]) -> int:
    """Take pictures with these SHA-256 out of the bundle of a model or of a variant, and their answers with them; how many those were. Call it in a transaction."""
    gone = [name for name in model.files if is_picture(name) and digest(f"{model.folder}/{name}") in hashes]
    if not gone:
        return 0
    answers = json.loads(store.get(f"{model.folder}/{LIST}"))
    left = [entry for entry in answers if f"golden/{entry['file']}" not in gone]
    store.put(f"{model.folder}/{LIST}", packed(left))
    model.files = [name for name in model.files if name not in gone]
    model.save(update_fields=["files"])
    forgotten.send(Model, model=model.model if isinstance(model, Variant) else model)
    transaction.on_commit(partial(delete, [f"{model.folder}/{name}" for name in gone]), robust=True)
    return len(gone)


def packed(answers: list[dict]) -> bytes:
    """The list as a file: [{"file", "answer"}, ...]."""
    return (json.dumps(answers, ensure_ascii=False, indent=1) + "\n").encode()


def is_picture(name: str) -> bool:
    return name.startswith("golden/") and name != LIST


def digest(name: str) -> str:
    """The SHA-256 of a file of the store; nothing when it is gone."""
    try:
        return hashlib.sha256(store.get(name)).hexdigest()
    except FileNotFoundError:
        return ""


def delete(names: list[str]) -> None:
    for name in names:
        store.delete(name)
