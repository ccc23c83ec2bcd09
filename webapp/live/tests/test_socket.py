import asyncio
import io
import json
import shutil
import time
from contextlib import contextmanager
from unittest.mock import patch

from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import override_settings
from PIL import Image

from webapp.accounts.services import create_token, revoke_token
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.keys.models import Key
from webapp.keys.services import create_key, revoke_key
from webapp.live import frames, hall, socket
from webapp.live.callers import Entry, enter
from webapp.live.socket import Live
from webapp.live.tests.talking import PAGE, Phone
from webapp.projects.models import Project
from webapp.serving.answered import answered
from webapp.serving.models import Model
from webapp.serving.tests.small import coloured, published
from webapp.sharing.models import Sharing
from webapp.sharing.services import renew
from webapp.training.models import Run

RED, GREEN = coloured("red"), coloured("lime")


@contextmanager
def heard(receiver):
    """Hear of all answers for a while."""
    answered.connect(receiver)
    try:
        yield
    finally:
        answered.disconnect(receiver)


class SocketCast(Cast):
    """Alice's project has a published model that tells colours apart, and a session of hers is at hand."""

    def setUp(self) -> None:
        super().setUp()
        frames.predictors.cache_clear()
        self.model = self.trained(1)
        self.login(self.alice)
        self.live = Live(check_seconds=0.05)

    def trained(self, number: int) -> Model:
        run = jobs.claim(Run, Run.objects.create(project=self.project, number=number).id, "one")
        self.addCleanup(shutil.rmtree, settings.DATA / "bundle", ignore_errors=True)
        model = published(run, settings.DATA / "bundle", ["red", "green", "blue"])
        shutil.rmtree(settings.DATA / "bundle")
        return model

    async def share(self) -> str:
        """The short address of the project, which is unlisted from now on."""
        self.project.visibility = "unlisted"
        await self.project.asave()
        return (await Sharing.objects.aget(project=self.project)).code

    @property
    def cookie(self) -> str:
        return self.client.cookies["sessionid"].value

    def phone(self, **options) -> Phone:
        """A socket to the model, with the session of whoever is logged in unless it is said otherwise."""
        return Phone(self.live, "models", self.model.id, **{"cookie": self.cookie} | options)


class AnswersTest(SocketCast):
    async def test_a_frame_is_answered_with_its_number_the_labels_and_its_times(self) -> None:
        phone = await self.phone().opened()
        phone.frame(RED)
        first = await phone.hear()
        phone.frame(GREEN)
        second = await phone.hear()
        assert (first["seq"], first["predictions"][0]["label"], second["seq"], second["predictions"][0]["label"]) == (1, "red", 2, "green")
        assert first["unknown"] is False and 0.99 < sum(row["confidence"] for row in first["predictions"]) < 1.01
        assert set(first["timing"]) == {"queue_ms", "decode_ms", "infer_ms", "total_ms"}
        await phone.leave()
        assert self.live.hall.seats == set()

    async def test_of_frames_that_pile_up_the_newest_is_answered_and_the_others_are_called_dropped(self) -> None:
        phone = await self.phone().opened()
        await self.live.hall.turns.acquire()
        await self.live.hall.turns.acquire()  # everybody else is being looked at
        for _ in range(3):
            phone.frame(RED)
        phone.frame(GREEN)
        assert [await phone.hear() for _ in range(3)] == [{"seq": seq, "dropped": True} for seq in (1, 2, 3)]
        self.live.hall.turns.release()
        answer = await phone.hear()
        assert (answer["seq"], answer["predictions"][0]["label"]) == (4, "green")
        await phone.leave()

    async def test_no_socket_is_answered_more_often_than_it_may_be(self) -> None:
        phone = await self.phone().opened()
        began = asyncio.get_running_loop().time()
        for _ in range(9):
            phone.frame(RED)
            await phone.hear()
        assert asyncio.get_running_loop().time() - began >= 5 / 15  # three come early
        await phone.leave()

    async def test_a_damaged_frame_is_said_and_the_next_one_answered(self) -> None:
        phone = await self.phone().opened()
        phone.frame(coloured("red", side=200)[:500])
        assert (await phone.hear())["error"]["code"] == "damaged"
        phone.frame(RED)
        assert (await phone.hear())["predictions"]
        await phone.leave()

    async def test_asking_by_project_goes_on_when_another_model_is_published(self) -> None:
        phone = await Phone(self.live, "projects", self.project.id, cookie=self.cookie, query="top=1").opened()
        phone.frame(RED)
        before = await phone.hear()
        assert (before["model_id"], len(before["predictions"])) == (str(self.model.id), 1)
        newer = await sync_to_async(self.trained)(2)
        while self.live.hall.seats and next(iter(self.live.hall.seats)).entry.model == self.model:
            await asyncio.sleep(0.02)
        phone.frame(RED)
        assert (await phone.hear())["model_id"] == str(newer.id)
        await phone.leave()


    async def test_what_a_key_asks_is_known_by_its_name(self) -> None:
        _key, plain = await sync_to_async(create_key)(project=self.project, user=self.alice, name="Shop window")
        said = []
        with heard(lambda key, **_rest: said.append(key)):
            phone = await self.phone(cookie="", origin=None, query=f"token={plain}").opened()
            phone.frame(RED)
            await phone.hear()
            await phone.leave()
        assert said == ["Shop window"]

    async def test_a_camera_on_a_play_page_counts_as_one_play(self) -> None:
        phone = await Phone(self.live, "p", await self.share()).opened()
        assert (await Sharing.objects.aget()).plays == 0
        for _ in range(3):
            phone.frame(RED)
            await phone.hear()
        await phone.leave()
        assert (await Sharing.objects.aget()).plays == 1

    async def test_strangers_share_a_pace_by_their_address_and_by_the_ai(self) -> None:
        code = await self.share()
        one, two = [await Phone(self.live, "p", code).opened() for _ in range(2)]
        far = await Phone(self.live, "p", code, address="192.0.2.9").opened()
        mine = await self.phone().opened()
        paces = {seat.caller.address + seat.wish.kind: seat.shared for seat in self.live.hall.seats}
        (near, ai), (other, same) = paces["192.0.2.1p"], paces["192.0.2.9p"]
        assert near is not other and ai is same and paces["192.0.2.1models"] == [] and (near.interval, ai.interval) == (1 / 60, 1 / 120)
        assert all(seat.shared == [near, ai] for seat in self.live.hall.seats if seat.entry.person == "192.0.2.1")
        near.next = time.monotonic() + 0.4
        one.frame(RED)
        far.frame(RED)
        assert (await far.hear())["seq"] == 1 and one.said.empty(), "who has asked a lot waits, and nobody else"
        assert (await one.hear())["seq"] == 1
        for phone in (one, two, far, mine):
            await phone.leave()
        assert self.live.hall.paces(Entry("x", self.model, shares=(("address 192.0.2.1", 60),))) == [near], "coming back helps nobody"


class HostileTest(SocketCast):
    async def end_of(self, message: dict) -> int:
        phone = await self.phone().opened()
        phone.sent.put_nowait({"type": "websocket.receive"} | message)
        return await phone.code()

    async def test_what_is_no_jpeg_ends_the_socket(self) -> None:
        for message in ({"text": json.dumps({"image": "x"})}, {"bytes": b"\xff"}, {"bytes": b"GIF89a" + bytes(99)}, {"bytes": coloured("red", "PNG")}, {"bytes": b"", "text": None}):
            with self.subTest(str(message)[:40]):
                assert await self.end_of(message) == 1003

    async def test_what_is_too_big_ends_the_socket_before_it_is_decoded(self) -> None:
        out = io.BytesIO()
        Image.new("L", (8000, 5000)).save(out, "JPEG", quality=1)
        slow = io.BytesIO()
        Image.new("RGB", (64, 64)).save(slow, "JPEG", progressive=True)
        with patch.object(frames, "predictors", side_effect=AssertionError("it was looked at")):
            assert await self.end_of({"bytes": out.getvalue()}) == 1009
            assert await self.end_of({"bytes": RED + bytes(257 * 1024)}) == 1009
            assert await self.end_of({"bytes": slow.getvalue()[:-2] + slow.getvalue()[-40:-2] + b"\xff\xda" * 30}) == 1003

    async def test_silence_ends_the_socket(self) -> None:
        with patch.object(socket, "IDLE_SECONDS", 0.05):
            phone = await self.phone().opened()
            assert await phone.code() == 4408

    async def test_a_person_has_four_sockets_and_gets_another_when_one_is_closed(self) -> None:
        phones = [await self.phone().opened() for _ in range(4)]
        assert await self.phone().code() == 4429
        await phones.pop().leave()
        phones.append(await self.phone().opened())
        for phone in phones:
            await phone.leave()

    async def test_keys_give_nobody_more_sockets(self) -> None:
        phones = [await self.phone().opened() for _ in range(3)]
        _key, plain = await sync_to_async(create_key)(project=self.project, user=self.alice, name="x")
        phones.append(await self.phone(cookie="", origin=None, query=f"token={plain}").opened())
        assert await self.phone(cookie="", origin=None, query=f"token={plain}").code() == 4429
        for phone in phones:
            await phone.leave()

    async def test_whatever_fails_while_it_is_seen_who_may_stay_they_are_looked_at_again(self) -> None:
        phone, failures = await self.phone().opened(), []

        def once(caller, wish):
            if failures:
                return enter(caller, wish)
            failures.append("once")
            raise RuntimeError("a fault of ours")

        with patch.object(hall, "enter", once), self.assertLogs("webapp.live.hall", "WARNING"):
            while not failures:
                await asyncio.sleep(0.02)
            await sync_to_async(self.client.logout)()
            assert await phone.code() == 4401


class DoorTest(SocketCast):
    async def test_pages_of_others_get_no_handshake(self) -> None:
        for origin in ("https://evil.example", "null", None, f"{PAGE}0", PAGE.replace("127.0.0.1", "localhost"), f"{PAGE}/x", "http://127.0.0.1"):
            with self.subTest(origin):
                assert await self.phone(origin=origin).code() == 403

    @override_settings(PUBLIC_URL="https://ai.example.org")
    async def test_behind_a_proxy_only_the_public_address_is_ours(self) -> None:
        assert await self.phone().code() == 403
        phone = await self.phone(origin="https://ai.example.org").opened()
        await phone.leave()

    async def test_nobody_a_stranger_and_a_wrong_token_are_told_apart_from_nothing_more_than_they_know(self) -> None:
        assert await self.phone(cookie="").code() == 4401
        assert await self.phone(cookie="expired0123456789").code() == 4401
        assert await self.phone(query="token=aim_wrong").code() == 4401
        await sync_to_async(self.login)(self.charlie)
        assert await self.phone().code() == 4404
        assert await Phone(self.live, "models", self.project.id, cookie=self.cookie).code() == 4404

    async def test_a_token_needs_no_page_and_ends_with_its_revoking(self) -> None:
        token, plain = await sync_to_async(create_token)(user=self.alice, name="x")
        phone = await self.phone(cookie="", origin=None, query=f"token={plain}").opened()
        phone.frame(RED)
        assert (await phone.hear())["seq"] == 1
        await sync_to_async(revoke_token)(token=token)
        assert await phone.code() == 4401

    async def test_a_key_opens_the_ai_of_its_project_alone_for_asking_alone_and_from_its_pages_alone(self) -> None:
        make = sync_to_async(create_key)
        options = {"cookie": "", "origin": None}
        key, plain = await make(project=self.project, user=self.alice, name="x", rate=60, origins=["https://shop.example"])
        _reader, reads = await make(project=self.project, user=self.alice, name="y", scopes=["read"])
        _other, elsewhere = await make(project=await Project.objects.acreate(owner=self.alice, name="Other"), user=self.alice, name="z")
        assert await self.phone(**options, query=f"token={reads}").code() == 4401
        assert await self.phone(**options, query=f"token={elsewhere}").code() == 4404
        assert await self.phone(cookie="", origin="https://evil.example", query=f"token={plain}").code() == 403
        phone = await self.phone(cookie="", origin="https://shop.example", query=f"token={plain}").opened()
        assert next(iter(self.live.hall.seats)).shared[0].interval == 1
        await Key.objects.filter(id=key.id).aupdate(rate=30)
        await self.live.hall.check(self.live.hall.seats)
        assert next(iter(self.live.hall.seats)).shared[0].interval == 2, "a rate that was lowered counts for those who are here"
        await sync_to_async(revoke_key)(key=key)
        assert await phone.code() == 4401

    async def test_logging_out_ends_the_socket(self) -> None:
        phone = await self.phone().opened()
        await sync_to_async(self.client.logout)()
        assert await phone.code() == 4401

    async def test_what_is_shared_needs_no_account_until_it_is_shared_no_more(self) -> None:
        code = await self.share()
        phone = await Phone(self.live, "p", code).opened()
        await Project.objects.filter(id=self.project.id).aupdate(visibility="private")
        assert await phone.code() == 4401

    async def test_of_what_is_shared_strangers_need_the_address_and_ids_are_for_those_who_may_see_it(self) -> None:
        await self.share()
        await sync_to_async(self.login)(self.charlie)
        _token, plain = await sync_to_async(create_token)(user=self.charlie, name="x")
        for kind, row in (("models", self.model), ("projects", self.project)):
            refused = [await Phone(self.live, kind, row.id, **options).code() for options in ({}, {"cookie": self.cookie}, {"origin": None, "query": f"token={plain}"})]
            assert refused == [4401, 4404, 4404]

    async def test_a_new_link_ends_the_sockets_of_those_who_have_the_old_one_and_of_nobody_else(self) -> None:
        self.live = Live(check_seconds=600)
        code = await self.share()
        mine, visitor = await self.phone().opened(), await Phone(self.live, "p", code).opened()
        await self.live.hall.check_sharing()
        await sync_to_async(renew)(sharing=await Sharing.objects.aget())
        await self.live.hall.check_sharing()
        assert await visitor.code() == 4401 and await Phone(self.live, "p", code).code() == 4401
        mine.frame(RED)
        assert (await mine.hear())["seq"] == 1
        await mine.leave()

    async def test_one_question_for_all_ends_what_is_shared_no_more_and_nothing_else(self) -> None:
        self.live = Live(check_seconds=600)
        code = await self.share()
        mine, visitor = await self.phone().opened(), await Phone(self.live, "p", code).opened()
        await self.live.hall.check_sharing()
        assert len(self.live.hall.seats) == 2
        await Project.objects.filter(id=self.project.id).aupdate(hidden=self.project.created)
        await self.live.hall.check_sharing()
        assert await visitor.code() == 4401
        mine.frame(RED)
        assert (await mine.hear())["predictions"][0]["label"] == "red"
        await mine.leave()
