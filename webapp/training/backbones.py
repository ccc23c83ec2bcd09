"""Whether the network that a run starts from can be had, before the run is queued. The training itself fetches its weights; what nobody uses is swept."""

import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from trainer.catalogue import find
from trainer.config import DEFAULT_BACKBONE
from webapp.core import outgoing
from webapp.core.errors import UserError
from webapp.core.outgoing import OutgoingError, Response
from webapp.training.models import Run

WEIGHTS = "model.safetensors"
ASK_SECONDS = 5.0
MISSING = {401, 403, 404}  # the hub answers 401 for what it does not know, so that nobody learns of what is private
MB = 1_000_000
KEPT_FOR = timedelta(days=30)  # since a training was last started from them


def environment() -> dict[str, str]:
    """What a training child must be started with, so that weights are fetched from the hub that was asked here, and kept in one place."""
    return {"HF_HOME": str(home()), "HF_ENDPOINT": settings.MODEL_HUB_URL, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def home() -> Path:
    """Where fetched weights are kept, in the layout of the hub's own cache."""
    return settings.DATA / "cache" / "backbones"


def check_backbone(name: str) -> None:
    """Raise UserError when a network does not exist, is too large, has no weights that are safe to load, or these are neither here nor to be had now."""
    if name == DEFAULT_BACKBONE:
        return
    if is_here(name):
        os.utime(folder_of(name))  # its time says when it was last used
        return
    if find(name) is None and "." not in name:
        message = _("There is no network called %(name)s. Its name must say which weights are meant, such as resnet18.a1_in1k.")
        raise refused("unknown_backbone", message % {"name": name})
    answer = ask(name)
    status = answer.status if answer else 0
    if status == 404 and answer.headers.get("X-Error-Code") == "EntryNotFound":
        message = _("The network %(name)s has no weights in a form that is safe to load (safetensors). Choose another one of the list.")
        raise refused("unsafe_backbone", message % {"name": name})
    if status in MISSING:
        raise refused("unknown_backbone", _("There is no network called %(name)s. Choose one of the list, or look its name up at timm.") % {"name": name})
    if not is_there(status):
        message = _("The weights of %(name)s cannot be fetched from the web at the moment. Choose %(default)s, which is here already, or connect this server and try again.")
        raise refused("backbone_unreachable", message % {"name": name, "default": DEFAULT_BACKBONE})
    check_size(name, answer)


def ask(name: str) -> Response | None:
    """What the hub says of the weights of a network; None when it cannot be asked."""
    try:
        return outgoing.head(f"{settings.MODEL_HUB_URL}/timm/{name}/resolve/main/{WEIGHTS}", timeout=ASK_SECONDS)
    except OutgoingError:
        return None


def is_there(status: int) -> bool:
    """Whether the hub has a file: it gives it itself, or says where it is."""
    return status == 200 or status in outgoing.REDIRECT


def check_size(name: str, answer: Response) -> None:
    """Raise UserError when weights are larger than this server takes, or the hub does not say how large they are."""
    # Of a file that is somewhere else the hub says the size in a header of its own, and then Content-Length is that of the redirect.
    size = answer.headers.get("X-Linked-Size") or (answer.headers.get("Content-Length") if answer.status == 200 else None) or ""
    if not size.isdecimal() or int(size) > settings.BACKBONE_MB * MB:
        message = _("The weights of %(name)s are too large: this server takes at most %(limit)d MB. Choose a smaller network.")
        raise refused("backbone_too_large", message % {"name": name, "limit": settings.BACKBONE_MB})


def sweep() -> None:
    """Delete weights that no training has started from for a month, and that no live run needs."""
    folders = [path for path in (home() / "hub").glob("models--*") if path.is_dir() and time.time() - path.stat().st_mtime > KEPT_FOR.total_seconds()]
    if not folders:
        return
    used = {folder_of(config.get("backbone", "")) for config in Run.everything.filter(status__in=Run.LIVE).values_list("config", flat=True)}
    for path in folders:
        if path not in used:
            shutil.rmtree(path, ignore_errors=True)


def folder_of(name: str) -> Path:
    """Where the weights of a network are kept, in the layout of the hub's own cache."""
    return home() / "hub" / f"models--timm--{name}"


def is_here(name: str) -> bool:
    """Whether the weights of a network were fetched before."""
    return any((folder_of(name) / "snapshots").glob(f"*/{WEIGHTS}"))


def refused(code: str, message: str) -> UserError:
    return UserError(message, code=code, field="backbone")
