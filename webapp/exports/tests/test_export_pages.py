import zipfile
from datetime import timedelta
from io import BytesIO

from django.urls import reverse
from django.utils import timezone

from webapp.core import store
from webapp.core.test import Cast
from webapp.exports.credits import SIZE
from webapp.exports.models import Export
from webapp.exports.tests.making import made
from webapp.images.models import Image


class ExportPages(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.picture = self.image(self.cat, 1)
        self.login(self.alice)
        self.address = reverse("exports:exports", args=[self.project.id])

    def page(self, address: str | None = None, **options) -> str:
        return self.client.get(address or self.address, **options).content.decode()

    def test_one_press_on_the_page_of_the_project_makes_the_zip(self):
        start = reverse("exports:start", args=[self.project.id])
        assert f'action="{start}"' in self.page(reverse("images:project", args=[self.project.id]))
        answer = self.client.post(start, follow=True)
        assert answer.redirect_chain == [(self.address, 302)] and "made in a moment" in answer.content.decode()
        assert Export.objects.get().licenses == []

    def test_the_page_says_that_pictures_set_aside_stay_out_without_a_tick(self):
        assert "set aside stay out unless you tick them" in self.page() and "brings everything back" not in self.page()

    def test_options_choose_licences_and_pictures_set_aside(self):
        self.client.post(reverse("exports:start", args=[self.project.id]), {"license": ["by", "own"], "aside": "1"})
        export = Export.objects.get()
        assert (export.licenses, export.with_aside) == (["own", "by"], True)

    def test_the_panel_asks_again_while_the_zip_is_made_and_then_offers_it(self):
        self.client.post(reverse("exports:start", args=[self.project.id]))
        panel = reverse("exports:export", args=[Export.objects.get().id])
        assert f'hx-get="{panel}"' in self.page(panel, headers={"HX-Request": "true"})
        Export.objects.all().delete()
        export = made(self.project)
        shown = self.page(reverse("exports:export", args=[export.id]), headers={"HX-Request": "true"})
        assert "hx-get" not in shown and reverse("exports:download", args=[export.id]) in shown

    def test_the_page_costs_the_same_however_many_pictures_and_exports_there_are(self):
        made(self.project)
        self.page()
        with self.assertNumQueries(6):
            self.page()
        for seed in range(2, 5):
            self.image(self.dog, seed)
            made(self.project, with_aside=seed % 2 == 0)
        with self.assertNumQueries(6):
            self.page()

    def test_stopping_ends_it(self):
        self.client.post(reverse("exports:start", args=[self.project.id]))
        self.client.post(reverse("exports:cancel", args=[Export.objects.get().id]))
        assert Export.objects.get().status == "cancelled" and "Stopped" in self.page()


class Download(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.image(self.cat, 1)
        self.export = made(self.project)
        self.content = store.get(self.export.file_name)
        self.login(self.alice)

    def get(self, **headers: str):
        answer = self.client.get(reverse("exports:download", args=[self.export.id]), headers=headers)
        answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        return answer

    def test_gives_the_whole_zip_under_the_name_of_the_project(self):
        answer = self.get()
        assert (answer.status_code, answer.body, answer["Content-Length"]) == (200, self.content, str(len(self.content)))
        assert answer["Content-Disposition"] == 'attachment; filename="Animals.zip"' and answer["Accept-Ranges"] == "bytes"
        assert zipfile.ZipFile(BytesIO(answer.body)).testzip() is None

    def test_goes_on_where_it_was_cut(self):
        size = len(self.content)
        for asked, part in (("bytes=100-", (100, size)), ("bytes=0-0", (0, 1)), ("bytes=-50", (size - 50, size)), ("bytes=10-9999999999", (10, size)), ("bytes=-9999999999", (0, size))):
            with self.subTest(asked):
                answer = self.get(Range=asked)
                assert (answer.status_code, answer.body) == (206, self.content[slice(*part)])
                assert answer["Content-Range"] == f"bytes {part[0]}-{part[1] - 1}/{size}" and answer["Content-Length"] == str(part[1] - part[0])

    def test_there_is_nothing_behind_its_end(self):
        for asked in (f"bytes={len(self.content)}-", "bytes=-0"):
            answer = self.get(Range=asked)
            assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(self.content)}")

    def test_ranges_that_say_nothing_or_mean_another_zip_give_the_whole(self):
        for headers in ({"Range": "bytes=5-1"}, {"Range": "bytes=-"}, {"Range": "bytes=0-1,3-4"}, {"Range": "lines=1-2"}, {"Range": "bytes=0-1", "If-Range": '"old"'}):
            with self.subTest(headers):
                assert (self.get(**headers).status_code, self.get(**headers).body) == (200, self.content)
        assert self.get(Range="bytes=0-1", **{"If-Range": self.get()["ETag"]}).status_code == 206

    def test_what_has_expired_is_not_there_any_more(self):
        Export.objects.update(expires=timezone.now() - timedelta(seconds=1))
        answer = self.get()
        assert answer.status_code == 404 and "no longer kept" in answer.body.decode()

    def test_what_is_still_being_made_is_not_given(self):
        Export.objects.update(status="running")
        assert self.get().status_code == 409


class Sources(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.login(self.alice)
        self.address = reverse("exports:sources", args=[self.project.id])

    def many(self, count: int) -> None:
        facts = {"project": self.project, "label": self.cat, "width": 1, "height": 1, "size_bytes": 1}
        Image.objects.bulk_create(Image(sha256=f"{n:064}", **facts) for n in range(count))

    def shown(self, query: str = "") -> list[str]:
        return [str(image.id) for image in self.client.get(self.address + query).context["page"].images]

    def test_pages_show_every_picture_once(self):
        self.many(2 * SIZE + 7)
        seen, query = [], ""
        while query is not None:
            page = self.client.get(self.address + query).context["page"]
            seen += [image.id for image in page.images]
            query = f"?cursor={page.next}" if page.next else None
        assert len(seen) == len(set(seen)) == 2 * SIZE + 7

    def test_a_credit_names_maker_licence_and_page_and_links_only_to_the_web(self):
        picture = self.image(self.cat, 1)
        facts = {"source": "web", "license": "CC BY 4.0", "license_url": "javascript:alert(1)", "creator": "<b>Ann", "title": "A cat", "page_url": "https://pages.example/cat"}
        Image.objects.filter(id=picture.id).update(**facts)
        page = self.client.get(self.address).content.decode()
        assert 'href="https://pages.example/cat"' in page and "&lt;b&gt;Ann" in page and "CC BY 4.0" in page and "javascript:" not in page

    def test_only_the_pictures_of_a_group_are_shown(self):
        own, web = self.image(self.cat, 1), self.image(self.cat, 2)
        Image.objects.filter(id=web.id).update(source="web", license="CC0 1.0")
        assert self.shown("?license=public") == [str(web.id)] and self.shown("?license=own") == [str(own.id)]
        assert len(self.shown("?license=nonsense")) == 2 and len(self.shown("?cursor=nonsense")) == 2

    def test_a_page_costs_the_same_however_many_pictures_it_shows(self):
        for count in (1, 3):
            Image.objects.all().delete()
            self.many(count)
            self.shown()
            with self.assertNumQueries(6):
                self.shown()
