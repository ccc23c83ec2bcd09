"""No name and no address leads out of our folders (S7): a file that nobody may have is asked for in every way. What nginx serves itself: `tests/test_nginx.py`."""

import base64
import os
import re
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadedfile import SimpleUploadedFile

from fixtures.hostile.zips import File, packed
from tests import test_access
from tests.security.paths import forms, plainly, watched
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import jpeg
from webapp.exports.tests.making import made, opened
from webapp.ingest import services, work
from webapp.ingest.models import Upload

SECRET = b"nobody may read this"
ADDRESSES = ("/static/", "/", "/runtime/", "/_files/", "/media/", "/_bucket/", "/p/", "/undo/", "/v2/models/", "/roboflow/")
HEADERS = ("X-Original-URL", "X-Rewrite-URL", "X-Accel-Redirect", "X-Sendfile", "X-Forwarded-Prefix", "X-Forwarded-Path")


def test_the_watch_sees_what_is_read_and_written(tmp_path):
    with watched() as watch:
        (tmp_path / "a").write_text("x")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        (tmp_path / "b").read_text()
    (tmp_path / "a").read_text()
    assert (watch.written, watch.read) == ({str(tmp_path / "a")}, {str(tmp_path / "a")})


class Paths(test_access.House):
    """A file beside the data folder, and somebody who may do everything in a project of their own."""

    def setUp(self) -> None:
        super().setUp()
        self.canary = Path(self.enterContext(tempfile.TemporaryDirectory())) / "canary"
        self.canary.write_bytes(SECRET)
        self.alices = self.browser(self.alice)
        self.forms = [form for target in (self.canary, settings.DATA / "secret_key") for form in forms(target)]
        self.hidden = {str(self.canary.resolve()), str((settings.DATA / "secret_key").resolve())}
        self.watch = self.enterContext(watched())

    def gives_nothing(self, answer, form: str) -> None:
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        self.assertLess(answer.status_code, 500, form)
        self.assertNotIn(SECRET, content, form)
        self.assertNotIn(settings.SECRET_KEY.encode(), content, form)

    def nothing_was_touched(self) -> None:
        """What was read is not hidden, and what was written lies in the data folder, or is a cache of Python itself."""
        self.assertEqual(self.watch.read & self.hidden, set())
        allowed = (str(settings.DATA.resolve()) + os.sep, str(Path(settings.STORE).resolve()) + os.sep, "/dev/")
        self.assertEqual({path for path in self.watch.written if not path.startswith(allowed) and "__pycache__" not in path}, set())

    def test_in_any_address_lead_to_nothing(self) -> None:
        for form in self.forms[::3]:
            for start in ADDRESSES:
                self.gives_nothing(self.alices.get(start + plainly(form).lstrip("/")), form)
        self.nothing_was_touched()

    def test_in_the_place_of_any_text_of_an_address_lead_to_nothing(self) -> None:
        places = [(name, route) for name, (route, _names) in test_access.urls().items() if re.search("<(str|slug|path):", route) or "<key>" in route]
        self.assertGreater(len(places), 10)
        for _name, route in places:
            for form in self.forms[::8]:
                path = re.sub(r"<(?:(\w+):)?(\w+)>", lambda found: str(self.there[found[2]]) if found[1] in ("uuid", "int") else plainly(form), route)
                self.gives_nothing(self.alices.get("/" + path), form)
        self.nothing_was_touched()

    @pytest.mark.nightly
    def test_in_queries_and_headers_are_not_heeded(self) -> None:
        keys = ("label", "show", "page", "next", "run", "runs", "name", "file", "path", "format", "source", "q", "cursor", "status")
        for form in self.forms:
            for path in ("/projects/", f"/projects/{self.project.id}/", f"/api/v1/projects/{self.project.id}/images"):
                self.gives_nothing(self.alices.get(path, dict.fromkeys(keys, form)), form)
        home = self.alices.get("/healthz").content
        for name in HEADERS:
            self.assertEqual(self.alices.get("/healthz", headers={name: str(self.canary)}).content, home)
        self.nothing_was_touched()

    @pytest.mark.nightly
    def test_of_files_and_folders_become_no_paths(self) -> None:
        names = [form for form in self.forms[::3] if "\0" not in form]
        archive = packed(*[File(f"{form}/{number}.jpg"[-60000:].encode(), jpeg(number)) for number, form in enumerate(names[:12])])
        files = [SimpleUploadedFile("a.jpg", jpeg(100 + number)) for number in range(len(names[:12]))]
        for file, name in zip(files, names, strict=False):
            file._name = name  # as it came: Django cuts it on the way in, and a program may hand it over otherwise
        upload = services.receive(project=self.project, files=[*files, SimpleUploadedFile("../../a.zip", archive)], label=self.cat)
        work.run(jobs.claim(Upload, upload.id, "test"))
        upload.refresh_from_db()
        self.assertEqual((upload.status, upload.accepted > 12), ("done", True))
        self.assertTrue(all(re.fullmatch(r"projects/[0-9a-f-]{36}/[\w/.-]+", name) and ".." not in name for name in store.walk(f"projects/{self.project.id}")))
        self.nothing_was_touched()

    def test_of_labels_stay_inside_what_is_exported(self) -> None:
        for number, form in enumerate(self.forms[::3]):
            self.alices.post(f"/projects/{self.project.id}/labels", {"labels": form})
            label = self.project.labels.last()
            self.image(label, seed=number + 500)
        names = opened(made(self.project)).namelist()
        self.assertGreater(len(names), 10)
        self.assertEqual([name for name in names if name.startswith(("/", "\\")) or ":" in name or set(re.split(r"[/\\]", name)) & {"..", ".", "..."}], [])
        self.nothing_was_touched()

    def test_of_files_in_pieces_become_no_paths(self) -> None:
        for form in self.forms[::4]:
            said = "filename " + base64.b64encode(form.encode()).decode()
            answer = self.alices.post(f"/projects/{self.project.id}/transfers", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "3", "Upload-Metadata": said})
            self.gives_nothing(answer, form)
            if answer.status_code == 201:
                self.gives_nothing(self.alices.generic("PATCH", answer["Location"], b"abc", "application/offset+octet-stream", headers={"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}), form)
        self.nothing_was_touched()

    def test_that_the_store_itself_is_asked_for_stay_inside(self) -> None:
        for form in self.forms:
            try:
                self.assertNotIn(store.get(form), (SECRET, settings.SECRET_KEY.encode()))
            except (OSError, ValueError, UserError, SuspiciousFileOperation) as refused:
                self.assertNotIn(SECRET.decode(), str(refused))
        self.nothing_was_touched()
