"""Remixes: what comes along, what stays behind, how the copying goes on and ends, and the family."""

from uuid import uuid4

from django.test import override_settings
from django.urls import reverse

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.test import Cast
from webapp.images.models import Block, Image
from webapp.projects.models import Project
from webapp.sharing import remix_work
from webapp.sharing.models import Remix, Sharing
from webapp.takedown.services import take_down

FREE = {"source": Image.WEB, "license": "CC BY 4.0", "creator": "Mia", "title": "A cat", "page_url": "https://example.org/cat", "query": "cat"}


class RemixTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.project.visibility = "public"
        self.project.save()
        Sharing.objects.update(allows_remix=True, gives_pictures=True)
        self.sharing = Sharing.objects.get()
        self.address = reverse("sharing:remix", args=[self.sharing.code])

    def pictures(self) -> tuple[Image, ...]:
        """One of Alice's own, one that may be passed on, and four that may not, the last of a visitor."""
        group = uuid4()
        own, free = self.image(self.cat, 1), self.image(self.cat, 2)
        Image.objects.filter(id__in=[own.id, free.id]).update(group=group, phash=77, name="misaki.jpg", split="val", is_reviewed=True)
        Image.objects.filter(id=free.id).update(**FREE)
        for seed, facts in enumerate(({"license": "CC BY-NC 2.0"}, {"license": ""}, {"license": "CC BY 4.0", "status": Image.SET_ASIDE})):
            Image.objects.filter(id=self.image(self.dog, seed).id).update(source=Image.WEB, **facts)
        Image.objects.filter(id=self.image(self.dog, 9).id).update(source=Image.CORRECTION)
        return Image.objects.get(id=own.id), Image.objects.get(id=free.id)

    def remix(self, user=None, pictures: str = "yes") -> Project:
        self.login(user or self.charlie)
        self.assertRedirects(self.client.post(self.address, {"pictures": pictures}), reverse("images:project", args=[self.newest().id]), fetch_redirect_response=False)
        return self.newest()

    def newest(self) -> Project:
        return Project.objects.exclude(id=self.project.id).latest("created")

    def work(self, project: Project) -> Remix:
        row = jobs.claim(Remix, project.remix.id, "tester")
        remix_work.run(row)
        return Remix.objects.get(id=row.id)

    def test_before_it_is_made_a_person_sees_what_comes_along(self) -> None:
        self.pictures()
        page = self.client.get(self.address)
        for text in ("2 labels", "猫", "2 pictures", "3 pictures stay behind"):
            self.assertContains(page, text)
        Sharing.objects.update(gives_pictures=False)
        self.assertContains(self.client.get(self.address), "Its 5 pictures stay behind")

    def test_labels_and_free_pictures_come_along_with_their_credits_and_nothing_is_computed_again(self) -> None:
        own, free = self.pictures()
        project = self.remix()
        assert [label.name for label in project.labels.all()] == ["猫", "犬"] and project.owner == self.charlie and project.visibility == "private"
        row = self.work(project)
        assert (row.status, row.total, row.processed, row.missing) == ("done", 2, 2, 0)
        copies = {image.sha256: image for image in project.images.select_related("embedding", "label")}
        assert set(copies) == {own.sha256, free.sha256}
        for original, copy in ((own, copies[own.sha256]), (free, copies[free.sha256])):
            assert store.get(copy.file_name) == store.get(original.file_name) and store.exists(copy.thumb_name)
            assert (copy.label.name, copy.phash, copy.split, copy.is_reviewed, copy.name, copy.query, copy.origin) == ("猫", 77, "val", True, "", "", row.id)
            assert bytes(copy.embedding.vector) == bytes(original.embedding.vector)
        one, two = copies[own.sha256], copies[free.sha256]
        assert one.group == two.group != own.group
        assert (two.creator, two.license, two.title, two.page_url) == ("Mia", "CC BY 4.0", "A cat", "https://example.org/cat")
        assert (one.source, one.license, one.title, one.page_url.split("/p/")[1]) == (Image.WEB, "given for remixes", "Animals", self.sharing.code)

    def test_what_was_the_owners_own_is_given_to_nobody_further(self) -> None:
        self.pictures()
        project = self.remix()
        self.work(project)
        Sharing.objects.filter(project=project).update(allows_remix=True, gives_pictures=True)
        Project.objects.filter(id=project.id).update(visibility="public")
        self.login(self.bob)
        self.assertContains(self.client.get(reverse("sharing:remix", args=[project.sharing.code])), ">1 picture<")

    def test_without_the_owners_word_there_is_nothing_to_take(self) -> None:
        self.pictures()
        Sharing.objects.update(gives_pictures=False)
        assert not Remix.objects.filter(project=self.remix()).exists(), "pictures are not given, whatever the form says"
        Sharing.objects.filter(project=self.project).update(allows_remix=False)
        assert self.client.post(self.address).status_code == 409
        self.project.visibility = "private"
        self.project.save()
        assert self.client.post(self.address).status_code == 404 and Project.objects.count() == 2

    def test_the_owner_takes_everything_along_as_it_is(self) -> None:
        own, free = self.pictures()
        Sharing.objects.update(allows_remix=False, gives_pictures=False)
        project = self.remix(self.alice)
        assert self.work(project).processed == 5
        assert project.images.get(sha256=own.sha256).name == "misaki.jpg"

    def test_taken_back_while_it_is_copied_the_rest_stays_behind_and_a_second_try_goes_on(self) -> None:
        self.pictures()
        project = self.remix()
        Sharing.objects.filter(project=self.project).update(gives_pictures=False)
        row = jobs.claim(Remix, project.remix.id, "tester")
        with self.assertRaisesMessage(UserError, "does not share its pictures any more"):
            remix_work.run(row)
        jobs.fail(row, "Not any more.", "")
        self.assertContains(self.client.get(reverse("images:project", args=[project.id])), "Not any more.")
        Sharing.objects.filter(project=self.project).update(gives_pictures=True)
        self.client.post(reverse("sharing:remix_again", args=[row.id]))
        project.refresh_from_db()
        assert self.work(project).status == "done" and project.images.count() == 2

    def test_lost_files_blocked_pictures_and_what_is_there_already_are_passed_over(self) -> None:
        own, free = self.pictures()
        gone = self.image(self.cat, 3)
        store.delete(gone.file_name)
        Block.objects.create(key=own.sha256)
        project = self.remix()
        row = self.work(project)
        assert (row.total, row.missing, [image.sha256 for image in project.images.all()]) == (3, 2, [free.sha256])
        assert not store.exists(f"projects/{project.id}/pictures/{own.sha256[:2]}/{own.sha256}.jpg"), "no file without a row"
        Remix.objects.update(status="queued")
        assert self.work(project).missing == 2 and project.images.count() == 1

    def test_what_is_taken_down_on_the_whole_server_goes_from_remixes_too(self) -> None:
        own, free = self.pictures()
        project = self.remix()
        self.work(project)
        take_down(images=[own])
        assert [image.sha256 for image in project.images.all()] == [free.sha256]

    def test_the_page_tells_how_far_it_is_and_loads_anew_when_it_is_done(self) -> None:
        self.pictures()
        project = self.remix()
        Remix.objects.update(total=40, processed=12)
        self.assertContains(self.client.get(reverse("images:project", args=[project.id])), "12 of 40 pictures")
        progress = reverse("sharing:remix_progress", args=[project.remix.id])
        assert "HX-Refresh" not in self.client.get(progress, headers={"HX-Request": "true"})
        self.client.post(reverse("sharing:remix_cancel", args=[project.remix.id]))
        assert self.client.get(progress, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
        self.assertContains(self.client.get(reverse("images:project", args=[project.id])), "Stopped. What came stays")

    def test_the_family_shows_what_is_public_alone(self) -> None:
        child = self.remix(pictures="")
        play = reverse("sharing:play", args=[self.sharing.code])
        self.assertNotContains(self.client.get(play), child.name)
        self.assertContains(self.client.get(reverse("images:project", args=[child.id])), f'<a href="{play}">Animals</a>')
        child.visibility, child.name = "public", "Little animals"
        child.save()
        self.assertContains(self.client.get(play), "Little animals")
        self.assertContains(self.client.get(reverse("sharing:play", args=[child.sharing.code])), f'Made from <a href="{play}">Animals</a>')
        Project.objects.filter(id=self.project.id).update(visibility="unlisted")
        self.assertNotContains(self.client.get(reverse("sharing:play", args=[child.sharing.code])), "Animals</a>")
        self.assertNotContains(self.client.get(reverse("images:project", args=[child.id])), play, msg_prefix="the address may be a new one, which whoever has a remix was not given")

    @override_settings(PUBLIC_URL="https://ai.example.org")
    def test_pictures_name_the_original_by_the_address_that_the_world_knows(self) -> None:
        self.pictures()
        assert self.remix().remix.address == f"https://ai.example.org/p/{self.sharing.code}"
