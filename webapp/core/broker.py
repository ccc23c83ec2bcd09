"""Redis as this house uses it: it carries hints to the workers and says which of them are there. It never holds the truth."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import redis
from django.conf import settings

PRESENT_SECONDS = 15
_PRESENT, _ONLY_TRAINS = "aimaker:worker:", "aimaker:only-trains:"
_ROOM = "aimaker:room"


@dataclass(frozen=True)
class Urls:
    """The same server as Celery and as redis-py call it."""

    celery: str
    redis: str


def urls() -> Urls:
    """REDIS_URL, or the socket of the private Redis in the data folder."""
    url = settings.REDIS_URL or f"unix://{settings.DATA / 'redis' / 'redis.sock'}"
    for unix in ("unix://", "redis+socket://"):
        if url.startswith(unix):
            path, _mark, number = url.removeprefix(unix).partition("?")
            number = number.partition("=")[2] or "0"  # ?db=1 as redis-py says it, ?virtual_host=1 as Celery does
            return Urls(f"redis+socket://{path}?virtual_host={number}", f"unix://{path}?db={number}")
    return Urls(url, url)


class Strength(NamedTuple):
    """What a worker trains with, the stronger the greater."""

    gpus: int
    cores: int


WEAKEST = Strength(0, 0)


def has_room() -> bool:
    """Whether Redis takes anything; raises redis.RedisError when it does not answer."""
    try:
        return bool(client(urls().redis).set(_ROOM, "", ex=PRESENT_SECONDS))
    except redis.exceptions.OutOfMemoryError:
        return False


def ping() -> bool:
    """Whether Redis answers within two seconds."""
    try:
        return bool(client(urls().redis).ping())
    except redis.RedisError:
        return False


def workers() -> int:
    """How many workers said within the last 15 seconds that they are there, without those that train and nothing else; 0 when Redis does not answer."""
    try:
        return max(0, _count(_PRESENT) - _count(_ONLY_TRAINS))
    except redis.RedisError:
        return 0


def trainings() -> int:
    """How many trainings go on at once on all workers that are there; 0 when Redis does not answer."""
    return sum(said[0] for said in _said())


def strongest() -> Strength | tuple[()]:
    """What the strongest of the workers that are there trains with; nothing where none is known."""
    return max((Strength(gpus, cores) for _trainings, gpus, cores in _said() if cores), default=())


def who() -> dict[str, tuple[int, Strength]] | None:
    """The workers that are there by name, with how many trainings each does at once and with what; None when Redis does not answer."""
    try:
        keys = list(client(urls().redis).scan_iter(match=f"{_PRESENT}*", count=1000))
        said = client(urls().redis).mget(keys) if keys else []
    except redis.RedisError:
        return None
    numbers = {key.decode().removeprefix(_PRESENT): [int(number) for number in words.split()] for key, words in zip(keys, said, strict=True) if words}
    return {name: (trainings, Strength(gpus, cores)) for name, (trainings, gpus, cores) in numbers.items()}


def _said() -> list[list[int]]:
    """What each worker says of itself: trainings at once, GPUs, cores. Empty when Redis does not answer."""
    return [[trainings, *strength] for trainings, strength in (who() or {}).values()]


def _count(prefix: str) -> int:
    return sum(1 for _key in client(urls().redis).scan_iter(match=f"{prefix}*", count=1000))


def present(name: str, trainings: int = 1, strength: Strength = WEAKEST, queues: Collection[str] = ("io", "train")) -> None:
    """Say that this worker is there, how many trainings it does at once, with what, and what it takes; raises redis.RedisError."""
    client(urls().redis).set(f"{_PRESENT}{name}", f"{trainings} {strength.gpus} {strength.cores}", ex=PRESENT_SECONDS)
    if "io" not in queues:
        client(urls().redis).set(f"{_ONLY_TRAINS}{name}", "", ex=PRESENT_SECONDS)


def absent(name: str) -> None:
    """Say that this worker leaves; raises redis.RedisError."""
    client(urls().redis).delete(f"{_PRESENT}{name}", f"{_ONLY_TRAINS}{name}")


def forget_workers(url: str) -> None:
    """Forget who said that they are there; raises redis.RedisError. For a start after a crash, when nobody is, and the Redis on disk says otherwise."""
    for prefix in (_PRESENT, _ONLY_TRAINS):
        for key in client(url).scan_iter(match=f"{prefix}*", count=1000):
            client(url).delete(key)


def waiting(queue: str) -> int:
    """How many hints of a queue nobody has taken yet; raises redis.RedisError."""
    return client(urls().redis).llen(queue)


@cache
def client(url: str) -> redis.Redis:
    """A client with short timeouts; it connects when it is first used, so it may be made before a fork."""
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=None)
