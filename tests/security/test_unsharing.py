"""From the moment an AI is shared no more, whoever had it open gets nothing (S2). Sockets: `webapp/live/tests/test_socket.py`; programs within a second: `webapp/api/tests/test_short.py`."""

from django.urls import reverse
from django.utils import timezone

from tests import test_access
from webapp.projects.models import Project
from webapp.sharing.models import new_code

OPEN = ("sharing:play", "sharing:embed", "sharing:quiz", "sharing:qr", "sharing:card", "sharing:remix", "sharing:report")


class Unsharing(test_access.House):
    def setUp(self) -> None:
        super().setUp()
        Project.objects.filter(id=self.project.id).update(visibility="public")
        self.visitors = [self.browser(), self.browser(self.charlie)]
        self.seen = [(visitor, path, visitor.get(path)) for visitor in self.visitors for path in self.paths()]

    def paths(self) -> list[str]:
        return [reverse(name, args=[self.there["code"]]) for name in OPEN] + [reverse("sharing:example", args=[self.there["code"], self.there["image_id"]])]

    def again(self) -> set[int]:
        """What the same browsers are answered that come back with what their caches know."""
        known = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        return {visitor.get(path, headers={known[name]: before[name] for name in known if name in before}).status_code for visitor, path, before in self.seen}

    def test_works_for_those_who_are_let_in(self) -> None:
        self.assertLessEqual({before.status_code for _visitor, _path, before in self.seen}, {200, 302})
        self.assertNotIn(404, self.again())

    def test_ends_by_every_way_at_the_next_request_also_for_caches(self) -> None:
        for values in ({"visibility": "private"}, {"hidden": timezone.now()}):
            Project.objects.filter(id=self.project.id).update(**{"visibility": "public", "hidden": None} | values)
            with self.subTest(**values):
                self.assertEqual(self.again(), {404})

    def test_ends_with_a_new_address(self) -> None:
        self.project.sharing.code = new_code()
        self.project.sharing.save()
        self.assertEqual(self.again(), {404})

    def test_is_not_outlived_by_what_caches_keep(self) -> None:
        for _visitor, path, before in self.seen:
            with self.subTest(path):
                kept = before.get("Cache-Control", "")
                self.assertTrue("private" in kept or "no-store" in kept or "no-cache" in kept, kept)
                self.assertNotRegex(kept, r"public|s-maxage")
