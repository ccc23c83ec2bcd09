"""Collecting, with the stub services and the real way of taking pictures in."""

import io
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from unittest.mock import patch

import pytest
from django.test import TransactionTestCase
from django.utils import translation
from PIL import Image as Picture

from fixtures import stub_server
from webapp.accounts.models import User
from webapp.collect import buckets, services, work
from webapp.collect.models import Bucket, Collection
from webapp.collect.providers.base import Hit
from webapp.core import jobs, store
from webapp.core.errors import LeaseLost
from webapp.core.test import jpeg
from webapp.images import space
from webapp.images.intake import Candidate, Outcome, take_in
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.projects.services import add_labels, merge_labels


class CollectingTests(TransactionTestCase):
    @pytest.fixture(autouse=True)
    def services_on_loopback(self, stub):
        self.stub = stub

    def setUp(self) -> None:
        self.project = Project.objects.create(owner=User.objects.create_guest(), name="Animals")
        (self.cat,) = add_labels(project=self.project, names=["cat"])

    def start(self, count: int = 6, providers: tuple = ("openverse",), query: str = "") -> Collection:
        return services.start(label=self.cat, count=count, providers=list(providers), query=query)

    def work(self, row: Collection) -> Collection:
        work.run(jobs.claim(Collection, row.id, "test"))
        row.refresh_from_db()
        return row

    def collect(self, **values) -> Collection:
        return self.work(self.start(**values))

    def rejected(self, row: Collection) -> dict:
        return {line["reason"]: line["count"] for line in row.rejected}

    def test_as_many_as_wanted_are_taken_and_each_says_where_it_comes_from(self) -> None:
        row = self.collect(count=6)
        assert (row.status, row.accepted, row.rejected, row.error) == ("done", 6, [], None)
        assert row.providers[0]["accepted"] == 6 and row.found >= 6
        image = self.project.images.get(source_url=f"{self.stub.url}/pictures/original/cat/1.jpg")
        assert (image.source, image.provider, image.query, image.origin, image.label) == ("web", "openverse", "cat", row.id, self.cat)
        assert (image.license, image.creator, image.title) == ("CC BY-SA 4.0", "Tim Sullivan", "cat 1")
        assert (image.page_url, image.license_url[:27]) == ("https://photos.example.org/1", "https://creativecommons.org")
        assert "licensed under" in image.attribution
        assert Image.objects.filter(label=self.cat).count() == 6

    def test_thumbnails_are_fetched_and_originals_only_where_there_is_none(self) -> None:
        self.stub.faults["thumb"] = "404:2"
        self.collect(count=6)
        fetched = Counter(path.split("/")[2] for path in self.stub.paths("/pictures/"))
        assert fetched["original"] == len([path for path in self.stub.paths("/pictures/thumb/") if int(path.split("/")[-1][:-4]) % 2 == 0])
        assert fetched["original"] >= 3

    def test_it_asks_on_until_enough_are_taken(self) -> None:
        self.stub.faults["picture"] = "html:2"
        row = self.collect(count=14)
        assert (row.status, row.accepted) == ("done", 14)
        assert self.rejected(row)["is_html"] >= 13
        assert len(self.stub.paths("/v1/images/")) == 2

    def twin_of_the_second(self) -> Image:
        """A smaller copy of a picture that will be found is there already."""
        smaller = Picture.open(io.BytesIO(stub_server.picture("cat", 2, "original"))).resize((300, 225))
        out = io.BytesIO()
        smaller.convert("RGB").save(out, "JPEG", quality=60)
        take_in(self.project, [Candidate(self.cat, out.getvalue())], lambda outcome: None)
        return self.project.images.get()

    def test_a_picture_that_looks_nearly_like_one_that_is_there_is_set_aside_and_another_is_brought(self) -> None:
        self.twin_of_the_second()
        row = self.collect(count=4)
        assert (row.accepted, self.rejected(row)) == (4, {"near_duplicate": 1})
        twin = self.project.images.get(status=Image.SET_ASIDE)
        assert (twin.title, twin.aside_reason, twin.is_reviewed) == ("cat 2", Image.DUPLICATE, False)
        assert self.project.images.filter(group=twin.group, status=Image.READY).count() == 1

    def test_a_picture_stays_when_the_one_that_it_looks_like_was_set_aside_meanwhile(self) -> None:
        twin, real = self.twin_of_the_second(), work.Collecting.tell

        def tell(job: work.Collecting, outcome: Outcome) -> None:
            Image.objects.filter(id=twin.id).update(status=Image.SET_ASIDE, aside_reason=Image.BY_HAND)
            real(job, outcome)

        with patch.object(work.Collecting, "tell", tell):
            row = self.collect(count=4)
        assert (row.accepted, self.rejected(row)) == (4, {})
        assert self.project.images.filter(origin=row.id, status=Image.READY, group=None).count() == 4

    def test_after_a_kill_a_picture_that_nobody_has_looked_at_yet_is_compared_with_the_others(self) -> None:
        self.twin_of_the_second()
        row = self.start(count=4)
        with patch.object(work.Collecting, "tell", lambda *_: (_ for _ in ()).throw(SystemExit)), pytest.raises(SystemExit):
            work.run(jobs.claim(Collection, row.id, "first"))
        assert self.project.images.filter(origin=row.id, status=Image.READY, title="cat 2").exists()
        Collection.objects.filter(id=row.id).update(lease_until="2020-01-01T00:00Z")
        self.work(row)
        assert (row.accepted, self.project.images.get(status=Image.SET_ASIDE).title) == (4, "cat 2")
        assert self.project.images.filter(origin=row.id, status=Image.READY).count() == 4

    def test_when_one_provider_is_dry_the_next_is_asked(self) -> None:
        self.stub.total = 4
        row = self.collect(count=9, providers=("openverse", "commons", "bing"))
        assert (row.status, row.accepted, row.error) == ("done", 9, None)
        assert [line["accepted"] for line in row.providers] == [4, 4, 1]

    def test_a_provider_that_fails_says_so_in_its_line_and_the_next_is_asked(self) -> None:
        self.stub.faults["openverse"] = "500"
        row = self.collect(count=4, providers=("openverse", "commons"))
        assert (row.status, row.accepted, row.error) == ("done", 4, None)
        assert "out of order" in row.providers[0]["error"] and row.providers[1]["error"] is None

    def test_a_busy_provider_is_asked_again_when_it_says_so(self) -> None:
        self.stub.faults["openverse"] = "429:1"
        row = self.collect(count=3)
        assert (row.status, row.accepted, row.providers[0]["error"]) == ("done", 3, None)
        first, second = (asked.when for asked in self.stub.requests if asked.path.startswith("/v1/images/"))
        assert second - first >= self.stub.retry_after

    def test_while_one_provider_is_busy_another_is_asked(self) -> None:
        self.stub.faults["openverse"], self.stub.retry_after = "429", 50
        start = time.monotonic()
        row = self.collect(count=3, providers=("openverse", "commons"))
        assert (row.accepted, row.providers[1]["accepted"]) == (3, 3)
        assert time.monotonic() - start < 10

    def test_a_provider_that_is_busy_for_long_is_left_alone(self) -> None:
        self.stub.faults["search"], self.stub.retry_after = "429", 600
        row = self.collect()
        assert (row.status, row.accepted) == ("failed", 0)
        assert "Openverse asks for a pause; it can be asked again from" in row.error["cause"] and row.error["next_step"]

    def test_fewer_than_wanted_is_done_with_a_note(self) -> None:
        self.stub.total = 3
        row = self.collect(count=50)
        assert (row.status, row.accepted, row.error["cause"]) == ("done", 3, "Only 3 pictures of the 50 were found.")

    def test_nothing_found_is_said_with_the_words(self) -> None:
        row = self.collect(query="nothing", providers=("openverse", "commons", "bing"))
        assert (row.status, row.found, row.error["cause"]) == ("done", 0, "No pictures were found for “nothing”.")

    def test_without_a_network_it_says_so_soon(self) -> None:
        with self.settings(OPENVERSE_URL="http://127.0.0.1:9", COMMONS_URL="http://nowhere.invalid"), translation.override("en"):
            start = time.monotonic()
            row = self.collect(providers=("openverse", "commons"))
        assert (row.status, row.error["cause"]) == ("failed", "The web cannot be reached from this server.")
        assert row.error["next_step"] and all(line["error"] for line in row.providers)
        assert time.monotonic() - start < 15

    def test_a_setting_that_is_missing_is_named(self) -> None:
        with self.settings(COLLECT_CONTACT=""):
            row = self.collect(providers=("commons",))
        assert row.status == "failed" and "COLLECT_CONTACT" in row.error["cause"]

    def test_bad_pictures_are_refused_each_with_its_reason_and_nothing_breaks(self) -> None:
        self.stub.total = 5
        for fault, reason in (("truncated", "damaged"), ("huge", "too_many_pixels"), ("tiny", "too_small"), ("html", "is_html"), ("500", "unreachable"), ("loopback", "unreachable"), ("metadata", "unreachable")):
            with self.subTest(fault):
                self.stub.faults["picture"] = fault
                row = self.collect(count=5)
                assert (row.status, row.accepted, row.found) == ("done", 0, 5)
                assert set(self.rejected(row)) in ({reason}, {reason, "too_long"}), row.rejected
        assert not self.project.images.exists()

    def test_a_host_of_pictures_that_asks_for_a_pause_gets_it(self) -> None:
        self.stub.faults["thumb"], self.stub.retry_after = "429", 2
        Timer(0.7, self.stub.faults.clear).start()
        row = self.collect(count=5, providers=("commons",))
        times = [asked.when for asked in self.stub.requests if asked.path.startswith("/pictures/")]
        assert (row.status, row.accepted, row.rejected) == ("done", 5, [])
        assert len([when for when in times if when < times[0] + 1.9]) <= 2  # those that were under way together

    def test_a_host_of_pictures_that_asks_for_a_long_pause_is_left_alone_and_says_until_when(self) -> None:
        self.stub.faults["thumb"], self.stub.retry_after = "429", 600
        row = self.collect(count=5, providers=("commons", "bing"))
        assert (row.status, row.accepted) == ("done", 5)
        assert "asks for a pause; it can be asked again from" in row.providers[0]["error"]
        assert row.providers[1]["accepted"] == 5

    def test_a_strangers_host_that_asks_for_a_pause_pauses_nobody(self) -> None:
        def elsewhere(hit: Hit) -> list[str]:
            return [hit.thumb_url, hit.url.replace(self.stub.url, stranger.url)]

        with stub_server.running() as stranger, patch.object(services.known_providers()["openverse"], "addresses", elsewhere):
            self.stub.faults["thumb"], stranger.faults["original"], stranger.retry_after = "404:2", "429", 99_999_999
            row = self.collect(count=4)
        assert (row.status, row.accepted, row.providers[0]["error"]) == ("done", 4, None)
        assert set(self.rejected(row)) == {"unreachable"} and stranger.paths("/pictures/original/")
        assert Bucket.objects.get(name="openverse:pictures").blocked_until is None

    def test_a_spent_bucket_is_said_while_it_is_waited_for(self) -> None:
        for _time in range(20):
            buckets.take("openverse", services.known_providers()["openverse"].limits)
        Bucket.objects.update(taken=[moment - 57 for moment in Bucket.objects.get().taken])
        seen, real = set(), jobs.write
        with patch("webapp.core.jobs.write", lambda job, **values: (seen.add(values["providers"][0]["error"]), real(job, **values))):
            row = self.collect(count=2)
        assert (row.accepted, row.providers[0]["error"]) == (2, None)
        assert any(said and said.startswith("Openverse allows 20 searches a minute; going on at ") for said in seen)

    def test_pictures_come_from_a_folder_of_the_server_without_any_network(self) -> None:
        with TemporaryDirectory() as folder, self.settings(COLLECT_FOLDER=folder, OUTGOING_ALLOW=[]):
            (Path(folder) / "cat").mkdir()
            for number in range(4):
                (Path(folder) / "cat" / f"{number}.jpg").write_bytes(jpeg(number))
            (Path(folder) / "cat" / "bad.jpg").write_bytes(b"<html>")
            row = self.collect(count=10, providers=("folder",))
            assert (row.accepted, self.rejected(row)) == (4, {"is_html": 1})
            assert self.project.images.filter(provider="folder", source="web", source_url="", title="cat/0.jpg").count() == 1
            assert self.rejected(self.collect(count=10, providers=("folder",)))["duplicate"] == 4
        assert not self.stub.requests

    def test_fewer_than_wanted_is_said_also_when_a_provider_failed(self) -> None:
        self.stub.total, self.stub.faults["commons"] = 3, "500"
        row = self.collect(count=50, providers=("openverse", "commons"))
        assert (row.status, row.accepted, row.error["cause"]) == ("done", 3, "Only 3 pictures of the 50 were found.")
        assert "out of order" in row.providers[1]["error"]

    def test_a_wrong_type_of_content_is_nothing_to_go_by(self) -> None:
        self.stub.faults["picture"] = "type:2"
        row = self.collect(count=4)
        assert row.accepted == 4

    def test_pictures_that_never_end_are_left_behind_and_the_others_are_taken(self) -> None:
        self.stub.faults["picture"] = "slow:3"
        with patch("webapp.collect.downloads.SECONDS", 0.5):
            row = self.collect(count=6)
        assert (row.status, row.accepted) == ("done", 6)

    def test_when_no_picture_at_all_can_be_fetched_it_stops_trying(self) -> None:
        self.stub.faults["picture"] = "404"
        row = self.collect(count=50)
        assert row.status == "failed" and "cannot be fetched" in row.providers[0]["error"]
        assert row.found < 60

    def test_no_more_than_two_downloads_from_one_host_run_at_once(self) -> None:
        self.stub.delay = 0.05
        self.collect(count=8)
        assert self.stub.busiest == 2

    def test_what_the_project_has_from_before_is_not_fetched_again_and_not_counted(self) -> None:
        self.collect(count=4)
        fetched = len(self.stub.paths("/pictures/"))
        row = self.collect(count=4)
        assert (row.accepted, self.rejected(row)["duplicate"]) == (4, 4)
        assert self.project.images.count() == 8
        assert len(self.stub.paths("/pictures/")) - fetched <= 8

    def test_it_tells_how_far_it_is_while_it_works(self) -> None:
        self.stub.delay = 0.3
        row = self.start(count=18)
        seen = []
        real = jobs.write

        def write(job, **values):
            real(job, **values)
            if "accepted" in values:
                seen.append((time.monotonic(), values["found"], values["accepted"]))

        with patch("webapp.core.jobs.write", write):
            self.work(row)
        steps = [accepted for _when, _found, accepted in seen]
        assert steps == sorted(steps) and any(0 < step < 18 for step in steps) and row.accepted == 18
        assert max(later[0] - earlier[0] for earlier, later in pairwise(seen)) < 2.5  # 0.5 where the machine has nothing else to do

    def test_a_person_can_stop_it_within_moments_and_keeps_what_has_come(self) -> None:
        self.stub.faults["picture"] = "slow:2"
        row = self.start(count=50)
        Timer(1.5, lambda: Collection.objects.filter(id=row.id).update(cancel_requested=True)).start()
        start = time.monotonic()
        self.work(row)
        assert row.status == "cancelled" and time.monotonic() - start < 5
        assert row.accepted == self.project.images.count()

    def test_a_search_that_hangs_can_be_stopped_too(self) -> None:
        self.stub.faults["search"] = "slow"
        row = self.start()
        Timer(0.5, lambda: Collection.objects.filter(id=row.id).update(cancel_requested=True)).start()
        start = time.monotonic()
        self.work(row)
        assert row.status == "cancelled" and time.monotonic() - start < 4

    def test_after_a_kill_it_goes_on_from_the_pictures_that_are_there(self) -> None:
        row = self.start(count=8)
        claimed = jobs.claim(Collection, row.id, "first")
        with patch.object(work.Collecting, "tell", lambda *_: (_ for _ in ()).throw(SystemExit)), pytest.raises(SystemExit):
            work.run(claimed)
        before = self.project.images.count()
        Collection.objects.filter(id=row.id).update(lease_until="2020-01-01T00:00Z")
        self.work(row)
        assert (row.status, row.accepted, self.project.images.count()) == ("done", 8, 8)
        assert before and self.project.images.filter(origin=row.id).count() == 8
        assert row.providers[0]["accepted"] == 8 and self.rejected(row) == {}

    def test_after_a_merge_the_pictures_get_the_other_label(self) -> None:
        row, (dog,), real = self.start(count=24), add_labels(project=self.project, names=["dog"]), work.Collecting.tell

        def tell(job: work.Collecting, outcome: Outcome) -> None:
            if self.project.labels.count() == 2:
                merge_labels(label=self.cat, into=dog)
            real(job, outcome)

        with patch.object(work.Collecting, "tell", tell), patch.object(work, "WRITE_SECONDS", 0):
            self.work(row)
        assert (row.status, row.label, row.accepted) == ("done", dog, 24)
        assert self.project.images.filter(label=dog).count() == 24

    def test_it_ends_with_a_sentence_when_there_is_no_room_for_more(self) -> None:
        row = self.start(count=100)
        with patch.object(space, "MOST_IMAGES", 3), patch.object(work, "WRITE_SECONDS", 0):
            self.work(row)
            assert row.status == "done" and 3 <= row.accepted < 100
            assert row.error["cause"] == "An AI has at most 3 pictures. Delete some first."
        queued, full = self.start(), patch.object(store, "free_bytes", return_value=space.floor_bytes() - 1)
        with full:
            self.work(queued)
        assert (queued.status, queued.accepted, queued.error["cause"][:35]) == ("failed", 0, "The disk of this server is nearly f")

    def test_a_worker_whose_row_was_taken_over_writes_nothing_more(self) -> None:
        row = self.start(count=50)
        claimed = jobs.claim(Collection, row.id, "first")
        self.stub.delay = 0.1
        Timer(0.8, lambda: Collection.objects.filter(id=row.id).update(fence=9, accepted=123)).start()
        with pytest.raises(LeaseLost):
            work.run(claimed)
        row.refresh_from_db()
        assert (row.status, row.accepted) == ("running", 123)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "ftp://example.org/", "https://example.org/\n", "http://" + "x" * 2048, ""])
def test_addresses_that_do_not_lead_to_the_web_are_not_kept(url):
    facts = work.facts_of(services.known_providers()["bing"], Hit(url=url, page_url=url, license_url=url, title="a\x00b" * 600, creator="c" * 999))
    assert (facts["source_url"], facts["page_url"], facts["license_url"]) == ("", "", "")
    assert (len(facts["title"]), len(facts["creator"])) == (500, 300)
    assert "\x00" not in facts["title"]
