import io
import json
import tempfile
from pathlib import Path
from uuid import uuid4

from django.core.management import CommandError, call_command
from django.urls import reverse

from trainer.bundle import write_bundle
from webapp.collect.models import Answer, Collection
from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.exports.models import Export
from webapp.exports.services import start as start_export
from webapp.exports.tests.making import made
from webapp.images import blocks
from webapp.images.models import Block, Image
from webapp.projects.models import Label, Project
from webapp.serving.models import Model
from webapp.serving.publish import publish
from webapp.serving.tests.small import RESULT, small_bundle
from webapp.takedown import services
from webapp.training.models import Run

URL, PAGE = "https://files.example/cat.jpg", "https://pages.example/cat"


class TakeDownCast(Cast):
    """Alice has two pictures of cats, one from the web; Charlie has the same one from the web, and one more from its address."""

    def setUp(self) -> None:
        super().setUp()
        self.one, self.web = self.image(self.cat, 1), self.image(self.cat, 2)
        self.theirs = Project.objects.create(owner=self.charlie, name="Theirs")
        label = Label.objects.create(project=self.theirs, name="cat", key="cat", position=0)
        self.same, self.from_there, self.other = self.image(label, 2), self.image(label, 3), self.image(label, 4)
        self.found_by_collections()

    def found_by_collections(self) -> None:
        for image in (self.web, self.from_there):
            origin = Collection.objects.create(project=image.project, label=image.label, query="cat")
            Image.objects.filter(id=image.id).update(source="web", source_url=URL, page_url=PAGE, origin=origin.id)
        self.web.refresh_from_db()

    def model(self, *images: Image) -> Model:
        """A published model of the project of some pictures that learned from them; the first is its golden picture."""
        project = images[0].project
        run = Run.objects.create(project=project, preset="quick", snapshot=[[str(image.id), "猫", "train"] for image in images])
        run = jobs.claim(Run, run.id, "worker")
        with tempfile.TemporaryDirectory() as folder:
            bundle = small_bundle(Path(folder) / "small", ["a", "b", "c"])
            whole = write_bundle(Path(folder) / "b", model=(bundle / "model.onnx").read_bytes(), labels=["a", "b", "c"], input_size=8, accuracy=0.9,
                                 golden=[(store.get(images[0].file_name), {"a": 1.0}), (store.get(self.other.file_name), {"b": 1.0})])  # fmt: skip
            return publish(run, whole, RESULT)

    def take(self, image: Image, project: Project | None = None) -> services.Taken:
        with self.captureOnCommitCallbacks(execute=True):
            return services.take_down(images=[image], project=project)

    def left(self) -> set[Image]:
        return set(Image.objects.all())


class TakeDown(TakeDownCast):
    def test_by_whoever_runs_the_server_takes_all_copies_everywhere(self):
        taken = self.take(Image.objects.get(id=self.same.id))
        assert set(taken.images) == {self.web, self.same, self.from_there} and self.left() == {self.one, self.other}
        assert not any(store.exists(name) for image in (self.web, self.same, self.from_there) for name in (image.file_name, image.thumb_name))
        assert store.exists(self.one.file_name) and store.exists(self.other.thumb_name)

    def test_by_an_owner_takes_it_in_their_project_alone(self):
        self.take(self.web, self.project)
        assert self.left() == {self.one, self.same, self.from_there, self.other} and store.exists(self.same.file_name)
        assert set(Block.objects.values_list("project", flat=True)) == {self.project.id}

    def test_what_it_was_known_by_is_blocked_but_not_its_whole_page(self):
        self.take(self.web, self.project)
        assert set(Block.objects.values_list("key", flat=True)) == {self.web.sha256, blocks.address_mark(URL)}

    def test_a_picture_that_only_says_where_it_is_from_takes_nothing_else_with_it(self):
        """Somebody brings a bad picture, or a picture that others love, with CREDITS.csv that names the address of another."""
        Image.objects.filter(id__in=[self.one.id, self.other.id]).update(source="web", source_url=URL, origin=uuid4())
        self.one.refresh_from_db()
        copy = self.image(self.other.label, 1)
        taken = self.take(self.one)
        assert set(taken.images) == {self.one, copy} and set(Block.objects.values_list("key", flat=True)) == {self.one.sha256}
        assert self.left() == {self.web, self.same, self.from_there, self.other}

    def test_a_picture_that_says_it_is_from_there_goes_too_but_not_others_with_its_bytes(self):
        copy = self.image(self.dog, 4)
        Image.objects.filter(id=copy.id).update(source="web", source_url=URL, origin=uuid4())
        taken = self.take(self.web)
        assert set(taken.images) == {self.web, self.same, self.from_there, copy} and self.left() == {self.one, self.other}
        assert not Block.objects.filter(key=copy.sha256).exists()

    def test_models_that_learned_from_it_say_so_and_lose_it_as_a_golden_picture(self):
        mine, unaffected = self.model(self.web, self.one), self.model(self.other)
        taken = self.take(self.web)
        assert taken.models == 1
        assert [Run.objects.get(id=model.run_id).taken_down for model in (mine, unaffected)] == [1, 0]
        mine.refresh_from_db()
        assert "golden/1.jpg" not in mine.files and "golden/2.jpg" in mine.files and not store.exists(f"{mine.folder}/golden/1.jpg")
        assert [entry["file"] for entry in json.loads(store.get(f"{mine.folder}/golden/golden.json"))] == ["2.jpg"]

    def test_a_run_that_is_at_work_is_marked_and_one_that_waits_is_not(self):
        waiting, working = (Run.objects.create(project=project, snapshot=[[str(image.id), "猫", "val"]]) for project, image in ((self.project, self.web), (self.theirs, self.same)))
        jobs.claim(Run, working.id, "worker")
        self.take(self.web)
        assert [Run.objects.get(id=run.id).taken_down for run in (waiting, working)] == [0, 1]

    def test_zips_that_may_hold_it_expire_and_those_being_made_begin_anew(self):
        done = made(self.project)
        live = jobs.claim(Export, start_export(project=self.project, with_aside=True).id, "worker")
        self.take(self.web, self.project)
        done.refresh_from_db()
        assert not done.can_be_fetched and not store.exists(done.file_name)
        again = Export.objects.get(id=live.id)
        assert again.status == "queued" and again.fence > live.fence

    def test_answers_of_search_services_that_name_it_are_forgotten(self):
        for key, address in (("a", URL), ("b", "https://files.example/dog.jpg")):
            Answer.objects.create(key=key, page={"hits": [{"url": address}]}, created="2026-01-01T00:00Z")
        self.take(self.web)
        assert list(Answer.objects.values_list("key", flat=True)) == ["b"]

    def test_a_plain_delete_marks_nothing_and_blocks_nothing(self):
        model = self.model(self.web)
        self.web.delete()
        assert Run.objects.get(id=model.run_id).taken_down == 0 and not Block.objects.exists()


class Pages(TakeDownCast):
    def test_the_owner_takes_a_picture_down_by_one_button(self):
        self.model(self.web)
        self.login(self.alice)
        assert reverse("takedown:take_down", args=[self.web.id]) in self.client.get(reverse("exports:sources", args=[self.project.id])).content.decode()
        answer = self.client.post(reverse("takedown:take_down", args=[self.web.id]), follow=True)
        assert "Took 1 picture down" in answer.content.decode() and "train again" in answer.content.decode()
        assert self.web not in self.left() and self.same in self.left()

    def test_members_see_no_button(self):
        self.login(self.bob)
        assert "take-down" not in self.client.get(reverse("exports:sources", args=[self.project.id])).content.decode()

    def test_the_pages_of_a_model_say_that_it_should_train_again(self):
        model = self.model(self.web, self.one)
        self.login(self.alice)
        pages = [reverse("serving:try", args=[self.project.id]), reverse("serving:try_model", args=[model.id]), reverse("training:run", args=[model.run_id])]
        assert not any("taken down" in self.client.get(page).content.decode() for page in pages)
        self.take(self.web)
        assert all("learned from 1 picture that was taken down" in self.client.get(page).content.decode() for page in pages)


class Command(TakeDownCast):
    def call(self, *arguments: str) -> str:
        out = io.StringIO()
        with self.captureOnCommitCallbacks(execute=True):
            call_command("take_down", *arguments, stdout=out)
        return out.getvalue()

    def test_says_what_it_found_and_changes_nothing_without_yes(self):
        self.model(self.web)
        said = self.call("--image", str(self.web.id))
        assert "Found 3 pictures in 2 projects; 1 runs learned" in said and "“Animals” of alice@example.org" in said and "--yes" in said
        assert len(self.left()) == 5 and not Block.objects.exists()

    def test_takes_down_by_any_of_the_four_marks(self):
        for option, value in (("--image", str(self.web.id)), ("--source-url", URL), ("--page-url", PAGE), ("--sha256", self.web.sha256)):
            with self.subTest(option):
                assert "3 pictures are gone" in self.call(option, value, "--yes")
                assert self.left() == {self.one, self.other}
                Block.objects.all().delete()
                for image in (self.web, self.same, self.from_there):
                    image.save(force_insert=True)
                self.found_by_collections()

    def test_of_what_only_says_that_it_is_from_an_address_just_itself(self):
        copy = self.image(self.dog, 4)
        Image.objects.filter(id=copy.id).update(source="web", source_url="https://files.example/said.jpg", page_url=PAGE)
        said = self.call("--source-url", "https://files.example/said.jpg", "--yes")
        assert "1 pictures are gone" in said and "They go alone" in said and "They go alone" not in self.call("--source-url", URL)
        assert self.other in self.left() and copy not in self.left() and not Block.objects.filter(key=copy.sha256).exists()

    def test_blocks_what_is_not_here_yet_too(self):
        assert "Found 0 pictures" in self.call("--source-url", "https://files.example/new.jpg", "--yes")
        assert list(Block.objects.values_list("key", "project")) == [(blocks.address_mark("https://files.example/new.jpg"), None)]

    def test_refuses_an_id_that_is_none(self):
        with self.assertRaises(CommandError):
            self.call("--image", "cat")
