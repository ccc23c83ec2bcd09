"""Asking for pictures from the web: a row for a worker to take."""

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.collect.models import Collection
from webapp.collect.providers import providers as known_providers
from webapp.collect.providers import ready
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.images.space import check_space
from webapp.projects.models import Label
from webapp.projects.names import squeeze

MOST = 200
LONGEST_QUERY = 200


def start(*, label: Label, query: str = "", count: int = 50, providers: list[str] | None = None) -> Collection:
    """A search for pictures of a label, by its name or by other words, at all providers that are set up or at those named, in their order.

    While one is live for the label, asking for the same again gives that one, and asking for another raises UserError 409.
    Raises UserError 422 for what cannot be searched for, 429 for too much in an hour, and 413 or 507 when there is no room for more.
    """
    words = checked_query(query) or label.name
    if not 1 <= count <= MOST:
        raise UserError(_("Collect between 1 and %(most)d pictures at a time.") % {"most": MOST}, code="bad_count", field="count")
    names = checked_providers(providers)
    with transaction.atomic():
        Label.objects.select_for_update().get(id=label.id)  # two presses at once: the second one waits here and then finds the first
        live = label.collections.filter(status__in=Collection.LIVE).first()
        if live is None:
            return create(label, words, count, names)
    if live.query != words:
        raise UserError(_("Pictures of %(label)s are being collected already. Wait until that is done, or stop it first.") % {"label": label.name}, code="collecting", status=409)
    return live


def create(label: Label, words: str, count: int, names: list[str]) -> Collection:
    check_space(label.project)
    spend("collect", label.project.owner_id)
    lines = [{"name": name, "asked": 0, "accepted": 0, "error": None} for name in names]
    return Collection.objects.create(project=label.project, label=label, query=words, wanted=count, providers=lines, language=get_language() or "")


def checked_query(query: str) -> str:
    """The words without control characters and doubled spaces."""
    words = squeeze(query)
    if len(words) > LONGEST_QUERY:
        raise UserError(_("Search words have at most %(most)d characters. Use fewer words.") % {"most": LONGEST_QUERY}, code="query_too_long", field="query")
    return words


def checked_providers(names: list[str] | None) -> list[str]:
    """The names, each once; those of all providers that are set up when none are given."""
    if names is None:
        return ready()
    chosen, known = list(dict.fromkeys(names)), known_providers()
    for name in chosen:
        if name not in known:
            message = _("There is no provider called %(name)s. Choose among: %(known)s.") % {"name": squeeze(name)[:50], "known": ", ".join(known)}
            raise UserError(message, code="unknown_provider", field="providers")
    if not chosen:
        raise UserError(_("Choose at least one provider."), code="no_providers", field="providers")
    return chosen
