import re
from unittest.mock import patch
from uuid import uuid4

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from trainer.nearest import distances
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.test import Cast, jpeg, vector
from webapp.images import vectors
from webapp.images.models import Embedding, Image
from webapp.projects.models import Project
from webapp.similar import building
from webapp.similar.address import packed, unpacked


def test_a_look_survives_its_way_through_an_address():
    vector = np.maximum(np.random.default_rng(0).normal(size=1280), 0).astype(np.float32)
    text = packed(vector)
    assert re.fullmatch(r"[\w-]{400,1400}", text, re.ASCII) and float(distances(vector, unpacked(text)[None])[0]) < 0.002


def test_an_address_that_was_cut_or_changed_is_refused_with_a_sentence():
    text = packed(np.ones(1280, np.float32))
    for broken in ("", text[:-5], text[:10] + "AAAA" + text[14:], "x" * 9000, "猫", "===", packed(np.ones(7, np.float32))):
        with pytest.raises(UserError, match="missing"):
            unpacked(broken)


class FindPageTest(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.cats = [self.image(self.cat, seed) for seed in range(6)]
        self.dogs = [self.image(self.dog, seed) for seed in range(3)]
        self.login(self.alice)
        self.address = reverse("similar:find", args=[self.project.id])

    def shown(self, query: str, address: str = "") -> list[str]:
        """The ids of the pictures on the right, the nearest first."""
        answer = self.client.get((address or self.address) + query)
        assert answer.status_code == 200, answer.content
        return re.findall(r'<li class="near".*?\?picture=([0-9a-f-]{36})', answer.content.decode(), re.DOTALL)

    def test_a_picture_is_surrounded_by_its_like_and_leads_on_to_each(self) -> None:
        Image.objects.filter(id=self.cats[5].id).update(status=Image.SET_ASIDE)
        shown = self.shown(f"?picture={self.cats[0].id}&k=5")
        assert set(shown[:4]) == {str(cat.id) for cat in self.cats[1:5]} and shown[4] in {str(dog.id) for dog in self.dogs}
        assert str(self.cats[0].id) in self.shown(f"?picture={shown[0]}")

    def test_several_pictures_and_a_label_ask_by_what_lies_between(self) -> None:
        assert set(self.shown(f"?picture={self.cats[0].id}&picture={self.cats[1].id}&k=4")) == {str(cat.id) for cat in self.cats[2:]}
        assert set(self.shown(f"?label={self.dog.id}&k=3")) == {str(dog.id) for dog in self.dogs}

    def test_a_photo_leads_to_an_address_that_finds_the_same_for_whoever_has_it(self) -> None:
        vectors.embedder()
        photo = store.get(self.dogs[0].file_name)
        answer = self.client.post(self.address, {"image": SimpleUploadedFile("a.jpg", photo, "image/jpeg"), "k": "12"})
        assert answer.status_code == 302 and answer.url.startswith(self.address + "?look=") and answer.url.endswith("&k=12")
        there = self.shown("", answer.url)
        self.login(self.bob)
        assert self.shown("", answer.url) == there and len(there) == 9
        script = self.client.post(self.address, {"image": SimpleUploadedFile("a.jpg", photo, "image/jpeg")}, headers={"HX-Request": "true"})
        assert "?look=" in script.headers["HX-Redirect"]

    def test_pictures_chosen_in_the_gallery_lead_here_and_too_many_are_refused(self) -> None:
        chosen = [str(cat.id) for cat in self.cats[:2]]
        assert self.client.post(self.address, {"picks": ",".join(chosen)}).url == f"{self.address}?picture={chosen[0]}&picture={chosen[1]}"
        many = self.client.post(self.address, {"picks": ",".join(str(uuid4()) for _each in range(13))})
        assert many.status_code == 422 and "12" in many.content.decode() and self.client.post(self.address).status_code == 422

    def test_near_duplicates_are_ticked_and_setting_them_aside_comes_back_here_with_undo(self) -> None:
        twin = self.image(self.cat, 77)
        Embedding.objects.filter(image=twin).update(vector=Embedding.objects.get(image=self.cats[0]).vector)
        query = f"?picture={self.cats[0].id}&show=duplicates"
        assert self.shown(query) == [str(twin.id)]
        page = self.client.get(self.address + query).content.decode()
        assert re.search(rf'value="{twin.id}" checked', page) and "1 picture is nearly the same" in page
        answer = self.client.post(reverse("review:change", args=[self.project.id]), {"do": "aside", "pick": str(twin.id), "next": self.address + query}, follow=True)
        assert answer.redirect_chain[-1][0] == self.address + query and "review/undo?step=" in answer.content.decode()

    def test_a_picture_among_others_of_another_label_is_doubted(self) -> None:
        Embedding.objects.filter(image=self.dogs[0]).update(vector=vector(0, 50))
        page = self.client.get(f"{self.address}?picture={self.dogs[0].id}&k=6").content.decode()
        assert f"move {self.dogs[0].id} {self.cat.id}" in page and "but 6 of the pictures" in page
        assert "sun" not in self.client.get(f"{self.address}?picture={self.cats[0].id}&k=5").content.decode()

    def test_what_cannot_be_asked_is_said_on_the_page(self) -> None:
        Embedding.objects.filter(image=self.cats[0]).delete()
        waits = self.client.get(f"{self.address}?picture={self.cats[0].id}")
        assert waits.status_code == 409 and 'http-equiv="refresh"' in waits.content.decode()
        cut = self.client.get(f"{self.address}?look=abc")
        assert cut.status_code == 422 and "Choose the photo again" in cut.content.decode()
        for query in ("?picture=7", f"?picture={uuid4()}", f"?label={uuid4()}", "?label=x"):
            assert self.client.get(self.address + query).status_code == 404, query

    def test_while_a_worker_makes_the_index_the_page_says_when_to_look_again(self) -> None:
        with patch.object(building, "FEW", 3):
            waits = self.client.get(f"{self.address}?picture={self.cats[0].id}")
        assert waits.status_code == 503 and int(waits.headers["Retry-After"]) and 'http-equiv="refresh"' in waits.content.decode()

    def test_all_of_my_ais_are_searched_and_nobody_elses(self) -> None:
        other = Project.objects.create(owner=self.alice, name="Second")
        hers, strange = (self.copy(project) for project in (other, Project.objects.create(owner=self.charlie, name="Third")))
        everywhere = reverse("similar:everywhere")
        shown = self.shown(f"?picture={self.cats[0].id}&k=12", everywhere)
        assert shown[0] == str(hers.id) and str(strange.id) not in shown and len(shown) == 9
        assert self.client.get(f"{everywhere}?picture={strange.id}").status_code == 404
        assert str(strange.id) not in self.client.get(everywhere).content.decode()

    def copy(self, project: Project) -> Image:
        """A picture like the first cat in another project."""
        mine, self.project = self.project, project
        image = self.image(self.label("猫"), 500)
        self.project = mine
        Embedding.objects.filter(image=image).update(vector=Embedding.objects.get(image=self.cats[0]).vector)
        return image

    def test_nobody_has_nothing_to_search_in(self) -> None:
        self.client.logout()
        assert self.client.get(reverse("similar:everywhere")).status_code == 200
        photo = SimpleUploadedFile("a.jpg", jpeg(1), "image/jpeg")
        assert self.client.post(reverse("similar:everywhere"), {"image": photo}).status_code == 422

    def test_a_page_takes_eight_queries_at_most(self) -> None:
        for query in ("", f"?picture={self.cats[0].id}", f"?picture={self.cats[0].id}&show=duplicates", f"?label={self.cat.id}"):
            self.client.get(self.address + query)  # the index is in memory then
            with CaptureQueriesContext(connection) as asked:
                self.client.get(self.address + query)
            assert len(asked) <= 8, (query, len(asked), [one["sql"][:150] for one in asked])
