"""Whether the network that a run starts from can be had, before the run is queued. The training itself fetches its weights."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from trainer.catalogue import find
from trainer.config import DEFAULT_BACKBONE
from webapp.core import outgoing
from webapp.core.errors import UserError
from webapp.core.outgoing import OutgoingError

WEIGHTS = "model.safetensors"
ASK_SECONDS, MOST_BYTES = 5.0, 200_000
MISSING = {401, 403, 404}  # the hub answers 401 for what it does not know, so that nobody learns of what is private


def environment() -> dict[str, str]:
    """What a training child must be started with, so that weights are fetched from the hub that was asked here, and kept in one place."""
    return {"HF_HOME": str(home()), "HF_ENDPOINT": settings.MODEL_HUB_URL, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def home() -> Path:
    """Where fetched weights are kept, in the layout of the hub's own cache."""
    return settings.DATA / "cache" / "backbones"


def check_backbone(name: str) -> None:
    """Raise UserError when a network does not exist, or its weights are neither here nor to be had from the hub at the moment."""
    if name == DEFAULT_BACKBONE or is_here(name):
        return
    if find(name) is None and "." not in name:
        message = _("There is no network called %(name)s. Its name must say which weights are meant, such as resnet18.a1_in1k.")
        raise refused("unknown_backbone", message % {"name": name})
    try:
        status = outgoing.fetch(f"{settings.MODEL_HUB_URL}/timm/{name}/resolve/main/config.json", limit_bytes=MOST_BYTES, timeout=ASK_SECONDS).status
    except OutgoingError:
        status = 0
    if status in MISSING:
        raise refused("unknown_backbone", _("There is no network called %(name)s. Choose one of the list, or look its name up at timm.") % {"name": name})
    if status != 200:
        message = _("The weights of %(name)s cannot be fetched from the web at the moment. Choose %(default)s, which is here already, or connect this server and try again.")
        raise refused("backbone_unreachable", message % {"name": name, "default": DEFAULT_BACKBONE})


def is_here(name: str) -> bool:
    """Whether the weights of a network were fetched before."""
    repository = home() / "hub" / f"models--timm--{name}"
    return any((repository / "snapshots").glob(f"*/{WEIGHTS}"))


def refused(code: str, message: str) -> UserError:
    return UserError(message, code=code, field="backbone")
