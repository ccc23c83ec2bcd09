from django.urls import reverse
from django.utils import timezone

from webapp.core import jobs, store
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.similar import mapping
from webapp.similar.models import Map
from webapp.similar.tests.mapping import laid_out


class MapPage(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.address = reverse("similar:map", args=[self.project.id])
        self.login(self.alice)

    def page(self, query: str = "") -> str:
        return self.client.get(self.address + query).content.decode()

    def post(self, name: str, key) -> str:
        return self.client.post(reverse(f"similar:{name}", args=[key]), follow=True).content.decode()

    def test_without_a_map_the_page_offers_one_and_two_presses_make_one(self):
        assert "Lay out the map" in self.page()
        assert [self.post("map_start", self.project.id).count("in a moment") for _press in range(2)] == [1, 1]
        assert Map.objects.count() == 1

    def test_a_map_that_is_made_tells_how_far_it_is_and_can_be_stopped(self):
        row = jobs.claim(Map, mapping.start(project=self.project).id, "tester")
        jobs.write(row, count=12, processed=3)
        assert "12 pictures, round 3 of 10" in self.page()
        assert "Stopping" in self.post("map_cancel", row.id)
        row.refresh_from_db()
        assert row.cancel_requested

    def test_a_failed_map_says_why(self):
        row = jobs.claim(Map, mapping.start(project=self.project).id, "tester")
        jobs.fail(row, "It broke.", "Try again.")
        page = self.page()
        assert "It broke. Try again." in page and "Lay out the map" in page

    def test_however_many_that_failed_or_were_stopped_do_not_hide_the_map(self):
        self.image(self.cat)
        laid_out(self.project)
        for _time in range(3):
            jobs.fail(jobs.claim(Map, mapping.start(project=self.project).id, "tester"), "It broke.", "Try again.")
        page = self.page()
        assert "It broke. Try again." in page and "?region=0" in page
        assert len(self.client.get(reverse("similar:map_points", args=[self.project.id])).content) == 28

    def test_pictures_that_came_since_are_told(self):
        self.image(self.cat)
        laid_out(self.project)
        assert "came since" not in self.page()
        later = self.image(self.cat, 2)
        Image.objects.filter(id=later.id).update(created=timezone.now())
        assert "1 picture came since and is not on the map." in self.page()

    def test_the_most_mixed_part_comes_first_and_shows_its_rare_label_first(self):
        images = [self.image(self.cat, seed) for seed in range(4)] + [self.image(self.dog)]
        order = sorted(images, key=lambda image: image.id.bytes)
        mixed = {images[2].id, images[3].id, images[4].id}
        laid_out(self.project, regions=[int(image.id in mixed) for image in order])
        first, second = self.page().split('class="map-parts"')[1].split("<li")[1:3]
        assert "?region=1" in first and "?region=0" in second
        assert first.index(str(images[4].id)) < first.index(str(images[2].id))

    def test_a_part_is_a_plain_form_whose_change_leads_back_to_it(self):
        self.image(self.cat)
        moved = self.image(self.cat, 2)
        laid_out(self.project, regions=[3, 3])
        page = self.page("?region=3")
        assert page.count('name="pick"') == 2 and f'value="{self.address}?region=3"' in page
        sent = {"do": "move", "pick": moved.id, "to": self.dog.id, "next": f"{self.address}?region=3"}
        assert self.client.post(reverse("review:change", args=[self.project.id]), sent).url == f"{self.address}?region=3"
        assert "犬 <span" in self.page("?region=3")
        assert self.client.get(f"{self.address}?region=9").url == self.address

    def test_a_map_whose_file_is_gone_is_offered_anew(self):
        self.image(self.cat)
        store.delete(laid_out(self.project).file_name)
        assert "Lay out the map" in self.page()
        assert self.client.get(reverse("similar:map_points", args=[self.project.id])).content == b""

    def test_the_page_takes_as_few_queries_for_many_pictures(self):
        for seed in range(3):
            self.image(self.cat, seed)
        laid_out(self.project)
        with self.assertNumQueries(7):
            self.page()
