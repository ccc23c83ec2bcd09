"""What a page and the API say of the formats of a model."""

from dataclasses import dataclass

from webapp.bundles import services
from webapp.bundles.formats.base import Format
from webapp.bundles.models import Packing
from webapp.bundles.offered import formats
from webapp.serving.models import Model


@dataclass(frozen=True)
class Offer:
    """A format of a model, and how far its ZIP is; `packing` is None where nobody has asked for it as the model is now."""

    format: Format
    packing: Packing | None
    model: Model

    @property
    def is_ready(self) -> bool:
        return bool(self.packing and self.packing.status == Packing.DONE)

    @property
    def is_live(self) -> bool:
        return bool(self.packing and self.packing.is_live)

    @property
    def status(self) -> str:
        """none, queued, running, done, failed or cancelled."""
        return self.packing.status if self.packing else "none"

    @property
    def is_as_in_use(self) -> bool:
        """Whether it holds what answers in the model's stead."""
        return self.model.variant is not None and services.source(self.model, self.format) is self.model.variant

    @property
    def needs_worker(self) -> bool:
        """Whether it is not made in a moment."""
        return services.needs_worker(self.model, self.format)

    @property
    def otherwise(self) -> int:
        """How many pictures of the agreement it answers otherwise than the page."""
        found = self.packing.agreement if self.packing else None
        return found["pictures"] - found["same"] if found else 0


def offers(model: Model) -> list[Offer]:
    """Every format of a model, in one query."""
    there = services.current(model)
    return [Offer(one, there.get(key), model) for key, one in formats().items()]


def offer(model: Model, key: str) -> Offer:
    """One of them; raises UserError for a format that there is not."""
    return Offer(services.format_of(key), services.current(model).get(key), model)
