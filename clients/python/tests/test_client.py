"""The package against a real server, by both of its clients."""

import asyncio
import io
import tempfile
import zipfile
from pathlib import Path
from unittest.mock import patch

from aimaker_client import AsyncClient, Client, Failed, NotAuthenticated, NotFound, Run, TimedOut, calls
from django.test import override_settings

from webapp.api.tests.server import Served
from webapp.api.tests.test_models import served
from webapp.core.test import jpeg
from webapp.ingest.models import Upload as UploadRow
from webapp.serving.tests.small import coloured
from webapp.training.models import Epoch
from webapp.training.models import Run as RunRow

RED = coloured("red")


class WithClient(Served):
    def setUp(self) -> None:
        super().setUp()
        self.client_of = self.enterContext(Client(self.address, self.token))
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))


class Pictures(WithClient):
    def sent(self) -> list[tuple[str | None, list[str]]]:
        """What the server has got: the label of each upload, and the names of its files."""
        rows = UploadRow.objects.select_related("label").order_by("created")
        return [(row.label and row.label.name, [file["name"] for file in row.files]) for row in rows]

    def end(self, **values: object) -> None:
        """What a worker does meanwhile."""
        UploadRow.objects.update(**{"status": "done", "accepted": 2} | values)

    def test_folders_in_a_folder_are_labels_and_a_zip_says_its_own(self):
        for seed, name in enumerate(("train/cats/a.jpg", "train/cats/b.JPG", "test/dogs/c.jpg", "dogs/deep/d.jpg", "notes.txt", ".hidden/e.jpg")):
            path = self.folder / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(jpeg(seed))
        with zipfile.ZipFile(self.folder / "more.zip", "w") as archive:
            archive.writestr("birds/x.jpg", jpeg(9))
        project = self.client_of.create_project(["cats", "dogs"], name="Pets")
        uploads = self.client_of.upload(project, self.folder / "photos", self.folder / "more.zip")
        self.assertEqual(self.sent(), [("dogs", ["d.jpg", "c.jpg"]), ("cats", ["a.jpg", "b.JPG"]), (None, ["more.zip"])])
        self.assertEqual([upload.project_id for upload in uploads], [project.id] * 3)

    def test_many_files_are_sent_in_several_requests_and_waited_for(self):
        for number in range(101):
            (self.folder / f"{number:03}.jpg").write_bytes(jpeg(number, (16, 16)))
        uploads = self.client_of.upload(self.project.id, *sorted(self.folder.iterdir()), label="鳥")
        self.assertEqual([(label, len(names)) for label, names in self.sent()], [("鳥", 100), ("鳥", 1)])
        seen = []
        ended = self.client_of.wait(uploads[0], on_progress=lambda upload: (seen.append(upload.status), self.end()))
        self.assertEqual((ended.status, ended.accepted, seen), ("done", 2, ["queued", "done"]))
        self.end(status="failed", error={"cause": "The disk is full.", "next_step": "Ask for room."})
        with self.assertRaisesRegex(Failed, "^The disk is full. Ask for room.$"):
            self.client_of.wait(uploads[1])
        with self.assertRaises(FileNotFoundError):
            self.client_of.upload(self.project.id, self.folder / "gone.jpg", label="鳥")

    def test_lists_are_read_over_all_their_pages(self):
        for seed in range(3):
            self.image(self.cat, seed)
        with patch.object(calls, "PAGE", 2):
            images = self.client_of.images(self.project.id, label="猫", status="ready")
        self.assertEqual([image.label for image in images], ["猫"] * 3)
        self.assertEqual(self.client_of.images(self.project.id, label="犬"), [])


class Answers(WithClient):
    @override_settings(OUTGOING_ALLOW=["127.0.0.1/32"])
    def test_pictures_are_asked_about_as_path_bytes_and_address(self):
        (self.folder / "a.jpg").write_bytes(RED)
        with served(RED) as address:
            for picture in (self.folder / "a.jpg", str(self.folder / "a.jpg"), RED, f"{address}/a.jpg"):
                found = self.client_of.predict(picture, project=self.project.id, top=2)
                self.assertEqual((found.label, len(found.predictions), found.unknown), ("red", 2, False))
        self.assertGreater(found.confidence, 0.9)
        self.assertEqual(self.client_of.predict(RED, model=found.model_id).predictions[0][0], "red")
        with self.assertRaises(ValueError):
            self.client_of.predict(RED)

    def test_models_are_told_about_and_taken_away(self):
        (project,) = self.client_of.projects()
        model = self.client_of.model(project.model_id)
        self.assertEqual((model.labels, model.published), (["red", "green", "blue"], True))
        self.assertIn("model.onnx", zipfile.ZipFile(io.BytesIO(self.client_of.bundle(model))).namelist())

    def test_refusals_are_exceptions_with_code_message_and_details(self):
        with Client(self.address, "wrong") as stranger, self.assertRaises(NotAuthenticated) as caught:
            stranger.projects()
        self.assertEqual((caught.exception.status, caught.exception.code), (401, "not_authenticated"))
        with self.assertRaises(NotFound):
            self.client_of.run("00000000-0000-0000-0000-000000000000")
        with Client(self.address, self.key) as bot:
            self.assertEqual(bot.predict(RED, project=self.project.id).label, "red")
            with self.assertRaisesRegex(Exception, "403 scope"):
                bot.train(self.project.id)


class Runs(WithClient):
    def started(self) -> Run:
        for label in (self.cat, self.dog):
            for seed in range(6):
                self.image(label, seed)
        return self.client_of.train(self.project.id, preset="quick", epochs=3)

    def end(self, **values: object) -> None:
        """What a worker does meanwhile."""
        RunRow.objects.filter(status="queued").update(active=None, **values)

    def test_a_run_is_waited_for_with_its_progress(self):
        seen, run = [], self.started()
        self.assertEqual((run.status, run.epochs), ("queued", 3))
        again = self.client_of.train(self.project.id)
        self.assertEqual(again.id, run.id)
        Epoch.objects.create(run_id=run.id, epoch=1, train_loss=1, train_accuracy=0.5, val_loss=1, val_accuracy=0.5, learning_rate=0.1, seconds=1)
        ended = self.client_of.wait(run, on_progress=lambda row: (seen.append(row.status), self.end(status="ready")))
        self.assertEqual((ended.status, seen), ("ready", ["queued", "ready"]))
        self.assertEqual([epoch.val_accuracy for epoch in self.client_of.epochs(run)], [0.5])
        self.assertEqual([row.id for row in self.client_of.runs(self.project.id)][0], run.id)

    def test_a_run_that_fails_says_why_and_one_that_takes_too_long_is_told_of(self):
        run = self.started()
        with self.assertRaises(TimedOut) as late:
            self.client_of.wait(run, timeout=0)
        self.assertEqual(late.exception.row.status, "queued")
        self.end(status="failed", error={"cause": "No memory.", "next_step": "Make batches smaller."})
        with self.assertRaisesRegex(Failed, "^No memory. Make batches smaller.$"):
            self.client_of.wait(run)

    def test_a_run_can_be_stopped(self):
        self.assertEqual(self.client_of.wait(self.client_of.cancel(self.started())).status, "cancelled")


class Awaited(Served):
    def test_the_other_client_does_the_same(self):
        async def journey() -> tuple:
            async with AsyncClient(self.address, self.token) as client:
                project = await client.create_project(["a", "b"])
                upload = await client.upload_bytes(project, jpeg(1), label="a")
                found = await client.predict(RED, project=self.project.id)
                with self.assertRaises(TimedOut):
                    await client.wait(upload, timeout=0)
                with self.assertRaises(NotFound):
                    await client.model(project.id)
                return project.name, found.label, len(await client.projects())

        self.assertEqual(asyncio.run(journey()), ("a, b", "red", 2))
