"""The game against the AI: one page whose part changes; without scripts each press is a new page."""

from collections.abc import Callable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.core import limits
from webapp.core.errors import UserError
from webapp.core.sending import NEVER, Parcel, send_nameless
from webapp.core.toasts import say
from webapp.core.views import waiting
from webapp.projects.rules import EDIT, visible
from webapp.sharing import queries, quiz
from webapp.sharing.models import Score, Sharing
from webapp.sharing.quiz import Game
from webapp.sharing.rules import shared_at

PUBLISHED = 50  # scores that a session can take back


@never_cache
@require_GET
def page(request: HttpRequest, code: str) -> HttpResponse:
    """The rules, the picture that is asked, or how it ended."""
    sharing = shared_at(request.user, code)
    return show(request, sharing, game_of(request, sharing))


@require_POST
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Start a game, in place of one that is going on."""
    sharing = shared_at(request.user, code)
    limits.spend("quiz", limits.client_address(request))
    return went_on(request, sharing, quiz.start(sharing=sharing, model=queries.answering(sharing.project_id)))


@require_POST
def guess(request: HttpRequest, code: str) -> HttpResponse:
    """A guess: by `choice`, the number of the label on the page."""
    values = {"choice": request.POST.get("choice", ""), "waited": request.POST.get("waited", ""), "address": limits.client_address(request)}
    return step(request, code, lambda game: quiz.guess(game=game, **values))


@require_POST
def go_on(request: HttpRequest, code: str) -> HttpResponse:
    """The next picture, or the result after the last."""
    return step(request, code, quiz.go_on)


@require_POST
def publish(request: HttpRequest, code: str) -> HttpResponse:
    """Put one's name on the list of the best."""

    def put(game: Game) -> None:
        limits.spend("score", limits.client_address(request))
        score = quiz.publish(game=game, name=request.POST.get("name", ""))
        request.session["scores"] = [*request.session.get("scores", []), str(score.id)][-PUBLISHED:]

    return step(request, code, put)


@never_cache
@require_GET
def picture(request: HttpRequest, code: str, place: int) -> HttpResponseBase:
    """The picture of a round of one's own game, by its place: neither its name nor its address says what it shows."""
    sharing = shared_at(request.user, code)
    game = game_of(request, sharing)
    image = quiz.picture(game, place) if game and sharing.shows_examples else None
    if image is None:
        raise Http404
    return send_nameless(request, Parcel(image.file_name, "image/jpeg", NEVER))


@require_POST
def delete_score(request: HttpRequest, code: str, score_id: UUID) -> HttpResponse:
    """Take a score off the list: whoever works on the AI may, and whoever has put it there in this browser."""
    sharing = shared_at(request.user, code)
    mine = str(score_id) in request.session.get("scores", [])
    rows = Score.objects.all() if mine else visible(request.user, Score, EDIT)
    gone, _counts = rows.filter(id=score_id, project=sharing.project_id).delete()
    if not gone:
        raise Http404
    forget(request, str(score_id))
    say(request, _("The name is off the list."))
    return redirect("sharing:quiz", code)


def forget(request: HttpRequest, score_id: str) -> None:
    """The session knows of that score no more; its game may be put on the list again."""
    if score_id in request.session.get("scores", []):
        request.session["scores"] = [one for one in request.session["scores"] if one != score_id]
    if (kept := request.session.get("quiz")) and kept.get("score") == score_id:
        request.session["quiz"] = kept | {"score": ""}


def game_of(request: HttpRequest, sharing: Sharing) -> Game | None:
    return Game.of_session(request.session.get("quiz"), sharing)


def step(request: HttpRequest, code: str, do: Callable[[Game], object]) -> HttpResponse:
    """Do something in one's game; a refusal stands above it, and where the game cannot go on, above the way to start another."""
    sharing = shared_at(request.user, code)
    game = game_of(request, sharing)
    try:
        if game is None or not sharing.shows_examples:
            raise UserError(_("No game is going on here. Start one."), code="no_game", status=409)
        do(game)
    except UserError as error:
        if error.code == "game_over":
            request.session.pop("quiz", None)
            game = None
        return waiting(show(request, sharing, game, error), error)
    return went_on(request, sharing, game)


def went_on(request: HttpRequest, sharing: Sharing, game: Game) -> HttpResponse:
    """Keep the game, and show it: the part that changed for htmx, the page for a plain form."""
    request.session["quiz"] = game.kept()
    return show(request, sharing, game) if request.htmx else redirect("sharing:quiz", sharing.code)


def show(request: HttpRequest, sharing: Sharing, game: Game | None, error: UserError | None = None) -> HttpResponse:
    game = game if sharing.shows_examples else None
    values = {"sharing": sharing, "project": sharing.project, "game": game, "rounds": quiz.ROUNDS, "error": error}
    if game is None or game.is_over:
        values |= {"best": quiz.best(sharing), "mine": request.session.get("scores", []), "may_delete": visible(request.user, sharing.project.scores.all(), EDIT).exists()}
    if game and not game.is_over and game.round.guess is not None:
        values["image"] = quiz.picture(game, game.place)  # its maker is named once its label may be known
    return render(request, "sharing/_quiz.html" if request.htmx else "sharing/quiz.html", values, status=error.status if error else 200)
