"""What was exported comes in again: the same labels, parts and pictures, to the last byte."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile

from webapp.core import jobs, store
from webapp.core.test import Cast, jpeg
from webapp.exports.tests.making import made
from webapp.images.intake import Candidate, take_in
from webapp.images.models import Image
from webapp.ingest import work
from webapp.ingest.models import Upload
from webapp.ingest.services import receive
from webapp.projects.models import Project
from webapp.projects.services import create_project

LABELS = ["猫", "a/b: c?", "CON", "train", "犬 & <dog>", "=1+1"]


class RoundTrip(Cast):
    def project_of(self, labels: list[str], splits: tuple[str, ...]) -> Project:
        project = create_project(owner=self.alice, labels=labels)
        candidates = [
            Candidate(label, jpeg(100 * place + number, (1200, 900)), f"{number}.png", {"split": split})
            for place, label in enumerate(project.labels.all()) for number, split in enumerate(splits)
        ]
        take_in(project, candidates, lambda outcome: None)
        return project

    def brought_back(self, project: Project, **options) -> tuple[Project, Upload]:
        export = made(project, **options)
        again = Project.objects.create(owner=self.charlie, name="Again")
        upload = receive(project=again, files=[SimpleUploadedFile("all.zip", store.get(export.file_name))])
        work.run(jobs.claim(Upload, upload.id, "tester"))
        return again, Upload.objects.get(id=upload.id)

    def held(self, project: Project) -> set:
        return {(image.label.name, image.split, image.sha256, len(store.get(image.file_name))) for image in project.images.select_related("label")}

    def check(self, splits: tuple[str, ...], labels: list[str] = LABELS) -> None:
        project = self.project_of(labels, splits)
        assert project.images.count() == len(labels) * len(splits)
        again, upload = self.brought_back(project)
        assert self.held(again) == self.held(project)
        assert (upload.status, upload.accepted, upload.rejected) == ("done", project.images.count(), []), json.dumps(upload.rejected)

    def test_without_parts(self):
        self.check(("", ""))

    def test_with_parts_for_all(self):
        self.check(("train", "train", "val"))

    def test_with_parts_for_some(self):
        self.check(("train", "", "val"))

    def test_of_one_label(self):
        self.check(("", ""), ["猫"])

    def test_with_credits_and_what_was_set_aside(self):
        project = self.project_of(["猫"], ("", "", ""))
        one, two, _three = project.images.all()
        facts = {"source": "web", "provider": "openverse", "page_url": "https://pages.example/1", "source_url": "https://files.example/1.jpg", "title": "-1'\n=2", "creator": "'+Ann"}
        facts |= {"license": "CC BY 4.0", "license_url": "https://cc.example/by", "attribution": "by Ann", "query": "cat"}
        Image.objects.filter(id=one.id).update(**facts)
        Image.objects.filter(id=two.id).update(status="set_aside", aside_reason="duplicate")
        again, _upload = self.brought_back(project, with_aside=True)
        back = {image.sha256: image for image in again.images.all()}
        assert {name: getattr(back[one.sha256], name) for name in facts} == facts
        assert [(back[image.sha256].status, back[image.sha256].source) for image in project.images.all()] == [("ready", "web"), ("set_aside", "upload"), ("ready", "upload")]

    def test_with_what_a_person_has_decided(self):
        project = self.project_of(["猫"], ("", "", ""))
        kept, aside, other = project.images.all()
        Image.objects.filter(id__in=[kept.id, aside.id]).update(is_reviewed=True)
        Image.objects.filter(id=aside.id).update(status="set_aside", aside_reason="by_hand")
        again, _upload = self.brought_back(project, with_aside=True)
        back = {image.sha256: (image.status, image.is_reviewed) for image in again.images.all()}
        assert back == {kept.sha256: ("ready", True), aside.sha256: ("set_aside", True), other.sha256: ("ready", False)}

    def test_in_the_same_project_changes_nothing(self):
        project = self.project_of(["猫", "犬"], ("",))
        upload = receive(project=project, files=[SimpleUploadedFile("all.zip", store.get(made(project).file_name))])
        work.run(jobs.claim(Upload, upload.id, "tester"))
        upload.refresh_from_db()
        assert (upload.accepted, upload.duplicates, Image.objects.count()) == (0, 2, 2)
