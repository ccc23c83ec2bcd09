"""Whole uploads in the formats of other programs, taken in as a worker does."""

import base64
import json
import socket
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TransactionTestCase

from fixtures.hostile import kinds
from webapp.accounts.models import User
from webapp.core import jobs, limits, store
from webapp.core.test import jpeg
from webapp.core.tests.servers import ok, serving
from webapp.images.models import Image
from webapp.ingest import services, sources, work
from webapp.ingest.models import Upload
from webapp.ingest.tests.test_formats import MANIFEST, task
from webapp.ingest.tests.test_work import packed
from webapp.projects.models import Project
from webapp.projects.services import add_labels


class ImportTests(TransactionTestCase):
    def setUp(self) -> None:
        store.delete_folder("uploads")
        self.project = Project.objects.create(owner=User.objects.create_guest(), name="Animals")

    def brought(self, *files: tuple[str, bytes], label=None) -> Upload:
        sent = [SimpleUploadedFile(name, content) for name, content in files]
        upload = services.receive(project=self.project, files=sent, label=label)
        work.run(jobs.claim(Upload, upload.id, "test"))
        upload.refresh_from_db()
        assert list(store.walk("uploads")) == []
        return upload

    def reasons(self, upload: Upload) -> dict[str, str]:
        assert all(line["message"].endswith(".") for line in upload.rejected)
        return {line["name"]: line["reason"] for line in upload.rejected}

    def test_a_project_of_teachable_machine_with_pictures_of_all_kinds(self) -> None:
        kinds_of = {"jpg": jpeg(1), "webp": kinds.webp(), "avif": kinds.avif(), "heic": kinds.heic(), "gif": kinds.gif()}
        files = {f"{'猫犬'[n % 2]}-!-{n}.{end}": content for n, (end, content) in enumerate(kinds_of.items())}
        upload = self.brought(("project.tm", packed({"manifest.json": MANIFEST.encode()} | files)))
        assert (upload.status, upload.total, upload.accepted, upload.rejected) == ("done", 5, 5, [])
        assert upload.labels == {"猫": 3, "犬": 2}

    def test_a_list_and_its_pictures_beside_one_another(self) -> None:
        listing = "画像,ラベル,split\r\n猫.jpg,猫,train\r\n犬.jpg,犬,val\r\n".encode("cp932")
        upload = self.brought(("labels.csv", listing), ("猫.jpg", jpeg(1)), ("犬.jpg", jpeg(2)), ("other.jpg", jpeg(3)))
        assert (upload.status, upload.total, upload.accepted) == ("done", 3, 2)
        assert self.reasons(upload) == {"other.jpg": "not_in_list"}
        assert sorted(self.project.images.values_list("name", "label__name", "split")) == [("犬.jpg", "犬", "val"), ("猫.jpg", "猫", "train")]

    def test_spellings_of_a_label_become_one_with_a_notice(self) -> None:
        add_labels(project=self.project, names=["cat"])
        rows = "\n".join(f"{n}.jpg,{label}" for n, label in enumerate(["Cat", "ｃａｔ", "cat", "Dog", "dog"]))
        upload = self.brought(("a.zip", packed({"labels.csv": f"file,label\n{rows}".encode()} | {f"{n}.jpg": jpeg(n) for n in range(5)})))
        assert upload.labels == {"cat": 3, "Dog": 2}
        assert upload.notices == ["Put “Cat” and “ｃａｔ” together as “cat”.", "Put “dog” together with “Dog”."]

    def test_folders_that_differ_in_case_become_one_label_with_a_notice(self) -> None:
        upload = self.brought(("a.zip", packed({"Cat/1.jpg": jpeg(1), "cat/2.jpg": jpeg(2), "dog/3.jpg": jpeg(3)})))
        assert (upload.labels, upload.notices) == ({"Cat": 2, "dog": 1}, ["Put “cat” together with “Cat”."])

    def test_pictures_inside_an_export_of_label_studio(self) -> None:
        inside = "data:image/jpeg;base64," + base64.b64encode(jpeg(1)).decode()
        tasks = [task(inside, ["cat"]), task("data:image/png;base64,@@@", ["cat"]), task("data:,words", ["cat"])]
        upload = self.brought(("export.json", json.dumps(tasks).encode()))
        assert (upload.status, upload.accepted, [line["reason"] for line in upload.rejected]) == ("done", 1, ["empty_file", "damaged"])

    def test_addresses_are_fetched_and_told_one_by_one(self) -> None:
        refusing = socket.create_server(("127.0.0.1", 0))
        closed = refusing.getsockname()[1]
        refusing.close()
        with serving(ok(jpeg(1))) as picture, serving(ok(b"<!DOCTYPE html><html>")) as page:
            lines = [f"{picture.url}cat.jpg,cat", f"{page.url},cat", f"http://127.0.0.1:{closed}/x.jpg,cat", "http://169.254.169.254/x.jpg,cat", f"{picture.url}2.jpg", "words"]
            upload = self.brought(("list.txt", "\n".join(lines).encode()))
            assert picture.connections == 1  # what has no label is not even asked for
        assert (upload.status, upload.total, upload.accepted) == ("done", 6, 1)
        assert list(self.reasons(upload).values()) == ["is_html", "unreachable", "unreachable", "label_needed", "not_an_address"]
        image = self.project.images.get()
        assert (image.source, image.source_url, image.label.name, image.name) == (Image.WEB, f"{picture.url}cat.jpg", "cat", f"{picture.url}cat.jpg")

    def test_addresses_with_a_chosen_label(self) -> None:
        (label,) = add_labels(project=self.project, names=["cat"])
        with serving(ok(jpeg(1))) as one, serving(ok(jpeg(2))) as two:
            upload = self.brought(("list.csv", f"{one.url}a\n{two.url}b other\n".encode()), label=label)
        assert (upload.accepted, upload.labels) == (2, {"cat": 2})

    def test_too_many_addresses_are_refused_before_anything_is_fetched(self) -> None:
        (label,) = add_labels(project=self.project, names=["cat"])
        with serving(ok(jpeg(1))) as one, patch.object(sources, "MOST_ADDRESSES", 2), patch.dict(limits.LIMITS, addresses=limits.Limit(3, 3600)):
            content = "".join(f"{one.url}{n}\n" for n in range(3)).encode()
            assert list(self.reasons(self.brought(("l.txt", content), label=label)).values()) == ["too_many_addresses"]
            upload = self.brought(("l.txt", content), label=label)
            assert ({line["reason"] for line in upload.rejected}, upload.status, one.connections) == ({"addresses_later"}, "failed", 2)

    def test_a_broken_list_fails_the_upload_only_when_nothing_else_is_there(self) -> None:
        good = packed({"cat/1.jpg": jpeg(1), "list.json": b"{"})
        upload = self.brought(("a.zip", good), ("broken.csv", b"file,label\n" + b"x" * 200_000))
        assert (upload.status, upload.accepted, self.reasons(upload)) == ("done", 1, {"list.json": "broken_list", "broken.csv": "broken_list"})
        upload = self.brought(("broken.json", b"{"))
        assert (upload.status, upload.error["cause"][:20]) == ("failed", "This list is damaged")

    def test_a_killed_import_of_addresses_ends_with_the_same_numbers(self) -> None:
        with serving(ok(jpeg(1))) as one, serving(ok(jpeg(2))) as two:
            content = f"{one.url} cat\n{two.url} cat\n".encode()
            upload = services.receive(project=self.project, files=[SimpleUploadedFile("l.txt", content)])
            for worker in ("first", "second"):
                claimed = jobs.claim(Upload, upload.id, worker)
                report = work.Report(claimed)
                with jobs.Heart(claimed) as heart:
                    work.take_files(claimed, report, heart)
                Upload.objects.filter(id=upload.id).update(status="queued", lease_until=None)
        assert (report.accepted, report.duplicates, self.project.images.count()) == (2, 0, 2)
