"""Beat the AI: pictures that it has not learned from, guessed by a person and by the model. What a picture shows is told after the guess."""

import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice

from django.utils.translation import gettext as _

from trainer.pixels import PictureError
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.limits import MINUTE, Meter, too_many
from webapp.images.licenses import UNKNOWN, group_of
from webapp.images.models import Image
from webapp.projects.names import squeeze
from webapp.serving.cache import predictors
from webapp.serving.models import Model
from webapp.serving.services import refused
from webapp.sharing.models import Score, Sharing
from webapp.sharing.services import count_play
from webapp.training.models import Run
from webapp.training.snapshot import VAL

ROUNDS = 10
LEAST_ROUNDS = 4  # fewer pictures are no game
CHOICES = 9  # a digit key for each
BATCH, BATCHES = 40, 10  # pictures that are looked for at a time, and how often
LONGEST_LOAD, LEAST_SECONDS = 3.0, 0.2  # of the clock: what the picture took to come is not counted, as far as one can believe it
NAME_LENGTH = 20
PER_ADDRESS, PER_MODEL = 600, 1200  # guesses a minute; a class has one address
BEST = 10

_meter = Meter()
_random = random.SystemRandom()


@dataclass
class Round:
    """One picture: what it shows, what can be chosen, and when both have answered, what they said; `said` is empty for "none of these"."""

    image: str
    label: str
    choices: list[str]
    guess: str | None = None
    seconds: float = 0.0
    said: str = ""
    ms: float = 0.0

    @property
    def is_right(self) -> bool:
        return self.guess == self.label

    @property
    def is_right_ai(self) -> bool:
        return self.said == self.label


@dataclass
class Game:
    """A game as the session keeps it: its rounds, the place of the one that is on, since when its clock runs, and the score that was published of it."""

    project: str
    model: str
    rounds: list[Round]
    place: int = 0
    since: float = field(default_factory=time.time)
    score: str = ""

    @classmethod
    def of_session(cls, kept: dict | None, sharing: Sharing) -> "Game | None":
        """The game that a session keeps, if it is one with this AI."""
        if not kept or kept.get("project") != str(sharing.project_id):
            return None
        return cls(**kept | {"rounds": [Round(**one) for one in kept["rounds"]]})

    def kept(self) -> dict:
        return asdict(self)

    @property
    def is_over(self) -> bool:
        return self.place >= len(self.rounds)

    @property
    def round(self) -> Round:
        return self.rounds[self.place]

    @property
    def number(self) -> int:
        """Which picture it is, from 1."""
        return self.place + 1

    @property
    def answered(self) -> int:
        return sum(one.guess is not None for one in self.rounds)

    @property
    def is_last(self) -> bool:
        return self.number == len(self.rounds)

    @property
    def right(self) -> int:
        return sum(one.is_right for one in self.rounds)

    @property
    def right_ai(self) -> int:
        return sum(one.guess is not None and one.is_right_ai for one in self.rounds)

    @property
    def seconds(self) -> float:
        return sum(one.seconds for one in self.rounds)

    @property
    def seconds_ai(self) -> float:
        return sum(one.ms for one in self.rounds) / 1000


def start(*, sharing: Sharing, model: Model | None) -> Game:
    """A new game; counts as a play. Raises UserError when the owner shows no pictures, or there are too few."""
    if not sharing.shows_examples:
        raise UserError(_("The owner of this AI does not show its pictures, so there is no game."), code="no_examples", status=409)
    if model is None:
        raise UserError(_("This AI has not learned anything yet. Come back when it is trained."), code="no_model", status=409)
    predictors().of(model)  # now, so that its first answer is as quick as the others, and a damaged one is told before the game
    images = drawn(model)
    if len(images) < LEAST_ROUNDS:
        message = _("A game needs %(count)d pictures that the AI has not learned from, and there are fewer. Ask its owner for more.")
        raise UserError(message % {"count": LEAST_ROUNDS}, code="too_few_pictures", status=409)
    count_play(project=sharing.project)
    rounds = [Round(str(image.id), image.label.name, choices(model.labels, image.label.name)) for image in images]
    return Game(str(sharing.project_id), str(model.id), rounds)


def drawn(model: Model) -> list[Image]:
    """Pictures for a game, by chance, with their labels: each that is asked is of any label alike, so that nobody can count."""
    candidates, found = shuffled(tested(model)), []
    for _batch in range(BATCHES):
        some = list(islice(candidates, BATCH))
        found += playable(model, some)
        if len(found) >= ROUNDS or not some:
            break
    return found[:ROUNDS]


def tested(model: Model) -> list[tuple[str, str]]:
    """(picture id, label) of what a model was tested on; runs of early versions know it by their snapshot alone."""
    runs = Run.objects.filter(id=model.run_id)
    if answers := runs.values_list("answers", flat=True).first():
        return [(image_id, label) for image_id, label, *_said in answers]
    return [(image_id, label) for image_id, label, part in runs.values_list("snapshot", flat=True).first() or [] if part == VAL]


def shuffled(pairs: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """All of them: each next one is of a label that is chosen by chance."""
    by_label = defaultdict(list)
    for image_id, label in _random.sample(pairs, len(pairs)):
        by_label[label].append((image_id, label))
    while by_label:
        label = _random.choice(list(by_label))
        yield by_label[label].pop()
        if not by_label[label]:
            del by_label[label]


def playable(model: Model, pairs: list[tuple[str, str]]) -> list[Image]:
    """Those pictures that are still there under the label they had, and whose licence is known; in their order."""
    rows = Image.objects.filter(id__in=[image_id for image_id, _label in pairs], project=model.project_id, status=Image.READY).select_related("label")
    there = {str(image.id): image for image in rows if group_of(image.source, image.license) != UNKNOWN}
    named = [there[image_id] for image_id, label in pairs if image_id in there and there[image_id].label.name == label]
    return [image for image in named if image.label.name in model.labels and store.exists(image.file_name)]


def choices(labels: list[str], right: str) -> list[str]:
    """What a person chooses from: all labels where there are few, else some of them, the right one always among them."""
    if len(labels) <= CHOICES:
        return list(labels)
    offered = {right, *_random.sample([label for label in labels if label != right], CHOICES - 1)}
    return [label for label in labels if label in offered]


def picture(game: Game, place: int) -> Image | None:
    """The picture of a round that has been reached."""
    if place > game.place or place >= len(game.rounds):
        return None
    return Image.objects.filter(id=game.rounds[place].image, project=game.project, status=Image.READY).select_related("label").first()


def guess(*, game: Game, choice: str, waited: str, address: str) -> None:
    """Write down what a person guesses, and what the AI says to the same picture. A second guess is none: the first counts. Raises UserError."""
    if game.is_over or game.round.guess is not None:
        return
    if _meter.over(("address", address), PER_ADDRESS) or _meter.over(("model", game.model), PER_MODEL):
        raise too_many(MINUTE)
    now, one = game.round, str(choice)
    if not one.isdecimal() or not 0 < int(one) <= len(now.choices):
        raise UserError(_("Choose one of the labels."), field="choice")
    seconds = time.time() - game.since
    model, image = Model.objects.filter(id=game.model).first(), picture(game, game.place)
    if model is None or image is None:
        raise UserError(_("This game is over: its owner has changed the AI or its pictures. Start another one."), code="game_over", status=409)
    now.said, now.ms = answer(model, image)
    now.guess, now.seconds = now.choices[int(one) - 1], timed(seconds, waited)


def timed(seconds: float, waited: str) -> float:
    """The seconds of a guess, without the milliseconds that the page says it waited for the picture."""
    loading = min(int(waited) / 1000, LONGEST_LOAD) if waited.isdecimal() and len(waited) < 7 else 0.0
    return round(max(seconds - loading, LEAST_SECONDS), 2)


def answer(model: Model, image: Image) -> tuple[str, float]:
    """What a model says to a picture, "" for none of its labels, and the milliseconds it took. It is not a question of a person, and no room is told of it."""
    try:
        said = predictors().of(model).predict(store.get(image.file_name), 1, model.keep)
    except PictureError as error:
        raise refused(error) from error
    except FileNotFoundError as error:
        raise UserError(_("This picture is gone. Start another game."), code="game_over", status=409) from error
    return "" if said.unknown else said.answers[0][0], said.decode_ms + said.infer_ms


def go_on(game: Game) -> None:
    """To the next picture, whose clock starts now, or to the end."""
    if not game.is_over and game.round.guess is not None:
        game.place, game.since = game.place + 1, time.time()


def publish(*, game: Game, name: str) -> Score:
    """Put an ended game on the list of the best, once. Raises UserError."""
    if not game.is_over or game.score:
        raise UserError(_("Play to the end first. A game can be on the list once."), code="not_over", status=409)
    name = squeeze(name)
    if not name or len(name) > NAME_LENGTH:
        raise UserError(_("Type a name of at most %(count)d characters. It need not be your real one.") % {"count": NAME_LENGTH}, field="name")
    score = Score.objects.create(
        project_id=game.project, name=name, asked=len(game.rounds), right=game.right, right_ai=game.right_ai, seconds=round(game.seconds, 2)
    )
    game.score = str(score.id)
    return score


def best(sharing: Sharing) -> list[Score]:
    """The best games, first the one with the most right answers, of those the quickest."""
    return list(Score.objects.filter(project=sharing.project_id)[:BEST])
