"""How much a request may carry, by its address."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

from django.test import Client, RequestFactory, SimpleTestCase
from django.urls import reverse

from webapp.core.bodies import LARGEST, LONG, READ_AT_ONCE, BodyMiddleware, is_too_large
from webapp.core.test import Cast

FORM = "multipart/form-data; boundary=b"
ID = "00000000-0000-4000-8000-000000000000"


class Unread:
    """A body that must not be read."""

    def read(self, *_size) -> bytes:
        raise AssertionError("somebody reads it")

    readline = read


class BodyTest(Cast):
    def post(self, address: str, **more):
        return Client(enforce_csrf_checks=True).post(address, b"", FORM, **{"CONTENT_LENGTH": str(LARGEST + 1), "wsgi.input": Unread()} | more)

    def test_a_page_refuses_before_the_form_token_is_looked_for_in_the_body(self) -> None:
        for address in (reverse("sharing:play", args=["abcdefghijkl"]), reverse("account_login"), f"/projects/{ID}/similar", "/nothing/"):
            self.assertContains(self.post(address), "Send less at a time", status_code=413)

    def test_a_module_gets_a_notice_and_a_program_json(self) -> None:
        notice = self.post(reverse("sharing:play", args=["abcdefghijkl"]), HTTP_HX_REQUEST="true")
        assert notice.status_code == 413 and b"<html" not in notice.content
        for secret in ({}, {"HTTP_AUTHORIZATION": "Bearer x"}):
            assert self.post(f"/api/v1/models/{ID}/predict", **secret).json()["error"]["code"] == "too_large"

    def test_nobody_asks_for_too_much_by_a_length_that_is_none(self) -> None:
        self.assertNotEqual(self.post("/healthz", CONTENT_LENGTH="x").status_code, 413)


class LargerTest(SimpleTestCase):
    def test_uploads_and_transfers_may_carry_a_zip_and_nothing_beside_them(self) -> None:
        for start in ("", "/api/v1"):
            way = "uploads" if start else "upload"
            for address in (f"{start}/projects/{ID}/{way}", f"{start}/projects/{ID}/transfers", f"{start}/transfers/{ID}"):
                assert not self.refused(address, 1_100_000_000) and self.refused(address, 1_100_000_001)
                assert self.refused(address + "/x", LARGEST + 1) and not self.refused(address + "/x", LARGEST)

    def test_a_form_may_carry_several_pictures_to_ask_about(self) -> None:
        for address in (reverse("serving:try", args=[ID]), reverse("serving:try_model", args=[ID])):
            assert not self.refused(address, 61_000_000) and self.refused(address, 61_000_001)

    def refused(self, address: str, size: int) -> bool:
        return is_too_large(RequestFactory().generic("POST", address, CONTENT_LENGTH=str(size)))


class TurnTest(SimpleTestCase):
    def test_long_bodies_are_read_a_few_at_once_and_short_ones_do_not_wait(self) -> None:
        begun, go_on = Semaphore(0), Event()

        def respond(request) -> None:
            begun.release()
            go_on.wait(10)

        def ask(size: int):
            return pool.submit(BodyMiddleware(respond), RequestFactory().generic("POST", f"/projects/{ID}/upload", CONTENT_LENGTH=str(size)))

        with ThreadPoolExecutor(READ_AT_ONCE + 2) as pool:
            asked = [ask(LONG) for _number in range(READ_AT_ONCE + 1)]
            assert all(begun.acquire(timeout=5) for _number in range(READ_AT_ONCE)) and not begun.acquire(timeout=0.1)
            asked.append(ask(LONG - 1))
            assert begun.acquire(timeout=5)
            go_on.set()
            assert all(future.result(10) is None for future in asked)
