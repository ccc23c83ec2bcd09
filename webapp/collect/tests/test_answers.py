"""A search that was made within a day is not made again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webapp.collect import answers
from webapp.collect.models import Answer, Bucket
from webapp.collect.providers import providers
from webapp.collect.search import Search, Source


def titles(words: str, count: int, name: str = "openverse") -> list[str]:
    hits = Search(words, [Source(providers()[name])], lambda: None, 60).hits()
    return [next(hits)[1].title for _number in range(count)]


@pytest.mark.django_db(transaction=True)
def test_the_second_identical_search_sends_no_request_and_takes_no_token(stub):
    first = titles("cat", 30)
    assert titles("cat", 30) == first and len(first) == 30
    assert len(stub.requests) == 2 and len(Bucket.objects.get().taken) == 2


@pytest.mark.django_db(transaction=True)
def test_other_words_the_next_page_and_another_provider_are_asked_for(stub):
    for words, count, name in (("cat", 1, "openverse"), ("dog", 1, "openverse"), ("cat", 21, "openverse"), ("cat", 1, "commons")):
        titles(words, count, name)
    assert [path.partition("?")[0] for path in stub.paths("/")] == ["/v1/images/"] * 3 + ["/w/api.php"]


@pytest.mark.django_db(transaction=True)
def test_after_a_day_it_is_asked_again_and_what_is_older_is_cleared_away(stub):
    titles("cat", 1)
    titles("dog", 1)
    Answer.objects.update(created=timezone.now() - timedelta(hours=24, seconds=1))
    titles("cat", 1)
    assert len(stub.requests) == 3 and Answer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_remembered_is_the_same_in_every_detail(stub):
    openverse = providers()["openverse"]
    page = openverse.search("cat")
    answers.keep(openverse, "cat", "", page)
    assert answers.known(openverse, "cat", "") == page


@pytest.mark.django_db(transaction=True)
def test_an_answer_without_hits_or_an_error_is_not_remembered(stub):
    for fault in ("shape", "500"):
        stub.faults["search"] = fault
        with pytest.raises(StopIteration):
            titles("cat", 1)
    stub.faults.clear()
    assert titles("cat", 1) == ["cat 1"]


@pytest.mark.django_db(transaction=True)
def test_a_known_answer_helps_also_while_the_provider_wants_a_pause(stub):
    titles("cat", 1)
    stub.faults["search"], stub.retry_after = "429", 600
    with pytest.raises(StopIteration):
        titles("dog", 1)
    assert titles("cat", 1) == ["cat 1"]
