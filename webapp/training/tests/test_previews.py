"""A look at varied pictures: asked for from the form, made by the code that trains, and gone when its time or a picture is over."""

import io

from django.test import TransactionTestCase
from django.urls import reverse
from PIL import Image as Picture

from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.images.services import delete_images
from webapp.projects.models import Label, Project
from webapp.takedown import janitor
from webapp.training import previews
from webapp.training.models import Preview


def fill(cast: Cast, *labels: Label, each: int = 5) -> None:
    for label in labels:
        for seed in range(each):
            cast.image(label, seed)


class WorkTest(TransactionTestCase):  # the heart of the work writes from a thread of its own
    def test_the_worker_varies_pictures_of_all_labels_with_the_code_that_trains(self) -> None:
        cast = Cast()
        cast.project = Project.objects.create(owner=User.objects.create_user("alice@example.org", "correct horse"), name="Animals")
        fill(cast, cast.label("猫"), cast.label("犬"))
        preview = jobs.claim(Preview, previews.start(project=cast.project, augment="strong", image_size=64).id, "worker")
        previews.run(preview)
        labels = set(cast.project.images.filter(id__in=preview.sources).values_list("label__name", flat=True))
        assert (preview.status, len(preview.sources), labels) == ("done", previews.SHOWN, {"猫", "犬"})
        pictures = [store.get(name) for name in preview.file_names()]
        assert {Picture.open(io.BytesIO(picture)).size for picture in pictures} == {(64, 64)}
        assert pictures[0] != store.get(cast.project.images.get(id=preview.sources[0]).file_name)


class PreviewTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.asking = reverse("training:preview", args=[self.project.id])

    def fill(self, each: int = 5) -> None:
        fill(self, self.cat, self.dog, each=each)

    def made(self, **values) -> Preview:
        """A preview whose work is done, with files, as the worker would leave it."""
        image = self.image(self.cat, 90 + self.project.images.count())
        preview = Preview.objects.create(project=self.project, augment="light", image_size=64, sources=[str(image.id)], status="done", **values)
        store.put(preview.file_name(0), b"jpeg")
        return preview

    def test_without_a_picture_there_is_nothing_to_vary_and_it_says_so(self) -> None:
        preview = jobs.claim(Preview, previews.start(project=self.project, augment="light", image_size=64).id, "worker")
        with self.assertRaisesMessage(UserError, "no picture to vary"):
            previews.run(preview)

    def test_choosing_a_variation_asks_for_one_preview_however_often_it_is_chosen(self) -> None:
        self.fill(1)
        for _press in range(3):
            page = self.client.post(self.asking, {"augment": "strong", "image_size": "96"}, headers={"HX-Request": "true"})
        preview = Preview.objects.get()
        assert (preview.augment, preview.image_size, preview.status) == ("strong", 96, "queued")
        self.assertContains(page, reverse("training:preview_progress", args=[preview.id]))
        assert b"<html" not in page.content

    def test_without_javascript_the_page_comes_back_with_all_that_was_filled_in(self) -> None:
        self.fill()
        page = self.client.post(self.asking, {"preset": "accurate", "epochs": "7", "augment": "light"})
        self.assertContains(page, 'value="7"')
        assert page.context["form"]["preset"].value() == "accurate" and Preview.objects.get().augment == "light"

    def test_pictures_that_stay_as_they_are_need_no_preview(self) -> None:
        self.fill(1)
        for values in ({"augment": "none"}, {"preset": "quick"}):
            page = self.client.post(self.asking, values, headers={"HX-Request": "true"})
            self.assertContains(page, "as they are")
        assert not Preview.objects.exists()

    def test_what_is_done_shows_its_pictures_to_those_who_may_see_the_project(self) -> None:
        preview = self.made()
        page = self.client.get(reverse("training:preview_progress", args=[preview.id]), headers={"HX-Request": "true"})
        address = reverse("training:preview_picture", args=[preview.id, 0])
        self.assertContains(page, address)
        assert b"".join(self.client.get(address).streaming_content) == b"jpeg"
        assert self.client.get(reverse("training:preview_picture", args=[preview.id, 1])).status_code == 404
        self.login(self.charlie)
        assert self.client.get(address).status_code == 404

    def test_a_picture_that_is_gone_is_not_shown_any_more(self) -> None:
        preview = self.made()
        delete_images(images=list(self.project.images.filter(id=preview.sources[0])))
        assert self.client.get(reverse("training:preview_picture", args=[preview.id, 0])).status_code == 404

    def test_a_take_down_and_the_end_of_its_hour_delete_the_files(self) -> None:
        gone = self.made()
        previews.forget_pictures([self.project.id])
        old = self.made(finished=janitor.timezone.now() - previews.KEPT - previews.KEPT)
        assert self.client.get(reverse("training:preview_picture", args=[old.id, 0])).status_code == 404
        kept = self.made(finished=janitor.timezone.now())
        janitor.sweep(older_than=0)
        assert [store.exists(preview.file_name(0)) for preview in (gone, old, kept)] == [False, False, True]

    def test_the_times_follow_the_options(self) -> None:
        self.fill()
        address = reverse("training:offers", args=[self.project.id])
        page = self.client.post(address, {"epochs": "900", "preset": "accurate"}, headers={"HX-Request": "true"})
        assert b"<html" not in page.content
        offers = {offer.name: offer for offer in page.context["offers"]}
        assert offers["accurate"].is_chosen and offers["accurate"].seconds > 100
