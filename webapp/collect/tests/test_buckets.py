"""A provider is asked no more often than it allows, by all workers together, and not before it said."""

import os
import subprocess
import sys
import time
from threading import Thread

import pytest
from django.db import connection, connections

from tests.source import ROOT
from webapp.collect import buckets
from webapp.collect.models import Bucket
from webapp.collect.providers.base import DAY
from webapp.core.limits import MINUTE, Limit

OPENVERSE = (Limit(20, MINUTE), Limit(200, DAY))
START = """
import sys, django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
print("ready", flush=True)
sys.stdin.readline()
"""
TAKE_ALL = START + """
from webapp.collect.buckets import take
from webapp.core.limits import Limit
count = 0
while take("openverse", (Limit(20, 60), Limit(200, 86400))) is None:
    count += 1
print(count)
"""
SEARCH = START + """
settings.OPENVERSE_URL, words = sys.argv[2:]
from webapp.collect.providers import providers
from webapp.collect.search import Search, Source
source = Source(providers()["openverse"])
found = next(Search(words, [source], lambda: None, 60).hits())
print(found[1].title)
"""


def shift(name: str, seconds: float) -> None:
    """Let time pass for a bucket."""
    bucket = Bucket.objects.get(name=name)
    Bucket.objects.filter(name=name).update(taken=[moment - seconds for moment in bucket.taken])


def take(count: int, limits: tuple = OPENVERSE) -> int:
    return sum(buckets.take("openverse", limits) is None for _time in range(count))


@pytest.mark.django_db
def test_twenty_tokens_a_minute_are_given_and_the_21st_is_told_when_to_come():
    assert take(25) == 20
    wait = buckets.take("openverse", OPENVERSE)
    assert wait.limit == Limit(20, MINUTE) and 55 < wait.seconds <= 60
    said = wait.words("Openverse", buckets.SEARCHES)
    assert said == f"Openverse allows 20 searches a minute; going on at {wait.until:%H:%M} UTC."


@pytest.mark.django_db
def test_a_token_comes_back_when_its_window_has_passed_and_not_a_moment_sooner():
    assert take(5) == 5
    shift("openverse", 40)
    assert take(25) == 15
    shift("openverse", 19)
    assert take(1) == 0
    shift("openverse", 1.5)  # the first five are 60 seconds old, the others 20
    assert take(25) == 5


@pytest.mark.django_db
def test_no_window_of_a_minute_ever_sees_more_than_twenty():
    moments = []
    for second in range(300):
        moments += [second] * take(3)
        shift("openverse", 1)
    assert max(sum(start <= moment < start + 59 for moment in moments) for start in range(300)) == 20
    assert len(moments) >= 80


@pytest.mark.django_db
def test_the_limit_of_the_day_holds_over_the_minutes():
    given = 0
    for _minute in range(12):
        given += take(20)
        shift("openverse", 61)
    wait = buckets.take("openverse", OPENVERSE)
    assert given == 200 and wait.limit == Limit(200, DAY)
    assert wait.words("Openverse", buckets.SEARCHES, buckets.LATER).startswith("Openverse allows 200 searches a day; it can be asked again from 20")


@pytest.mark.django_db
def test_a_pause_holds_for_all_and_a_shorter_one_does_not_end_it():
    buckets.block("openverse", 50)
    wait = buckets.block("openverse", 5)
    assert 49 < wait.seconds <= 50 and buckets.take("openverse", OPENVERSE).limit is None
    assert "Openverse asks for a pause; going on at" in wait.words("Openverse", buckets.SEARCHES)
    assert buckets.take("commons", OPENVERSE) is None
    Bucket.objects.filter(name="openverse").update(blocked_until="2020-01-01T00:00Z")
    assert take(1) == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_take_at_once_get_no_more_than_there_are():
    given = []

    def work() -> None:
        given.append(take(15))
        connections.close_all()

    threads = [Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(given) == 20


def program(text: str, *arguments: str) -> subprocess.Popen:
    """Another worker, on the database of this test; it begins when it gets a line."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
    command = [sys.executable, "-c", text, str(connection.settings_dict["NAME"]), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)


@pytest.mark.django_db(transaction=True)
def test_two_processes_share_one_bucket():
    workers = [program(TAKE_ALL) for _number in range(2)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    counts = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert sum(counts) == 20 and len(Bucket.objects.get().taken) == 20


@pytest.mark.django_db(transaction=True)
def test_when_one_worker_is_told_to_wait_another_process_waits_too(stub):
    stub.faults["openverse"], stub.retry_after = "429:1", 3
    first, second = program(SEARCH, stub.url, "cat"), program(SEARCH, stub.url, "dog")
    assert first.stdout.readline() == second.stdout.readline() == "ready\n"
    first.stdin.write("go\n")
    first.stdin.flush()
    while not Bucket.objects.exclude(blocked_until=None).exists():
        time.sleep(0.02)
    assert second.communicate("go\n", timeout=60)[0] == "dog 1\n"
    assert first.communicate(timeout=60)[0] == "cat 1\n"
    times = [asked.when for asked in stub.requests]
    assert len(times) == 3 and min(times[1:]) - times[0] >= 2.9
