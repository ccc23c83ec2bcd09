import zipfile
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from webapp.core import jobs, store
from webapp.core.errors import LeaseLost, UserError
from webapp.core.test import Cast
from webapp.exports import services, work
from webapp.exports.models import Export
from webapp.exports.tests.making import made, opened, table
from webapp.images.models import Image

WEB = {
    "source": "web", "provider": "openverse", "page_url": "https://pages.example/1", "source_url": "https://files.example/1.jpg", "title": '=HYPERLINK("x")',
    "creator": "+Ann", "license": "CC BY 4.0", "license_url": "https://creativecommons.org/licenses/by/4.0/", "query": "cat",
}  # fmt: skip


class ExportWork(Cast):
    def setUp(self) -> None:
        super().setUp()
        self.own, self.web, self.aside, self.other = self.image(self.cat, 1), self.image(self.cat, 2), self.image(self.cat, 3), self.image(self.dog, 4)
        Image.objects.filter(id=self.web.id).update(**WEB)
        Image.objects.filter(id=self.aside.id).update(status="set_aside")

    def pictures(self, archive: zipfile.ZipFile) -> dict[str, bytes]:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(".jpg")}

    def test_a_zip_holds_label_folders_with_the_very_files(self):
        export = made(self.project)
        archive = opened(export)
        assert self.pictures(archive) == {f"{image.label.name}/{image.sha256[:32]}.jpg": store.get(image.file_name) for image in (self.own, self.web, self.other)}
        assert all(archive.getinfo(name).compress_type == zipfile.ZIP_STORED for name in self.pictures(archive))
        assert (export.status, export.total, export.processed, export.missing) == ("done", 3, 3, 0)
        assert export.size_bytes == len(store.get(export.file_name)) and export.can_be_fetched
        assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("*.zip"))

    def test_labels_csv_tells_of_every_picture(self):
        rows = table(opened(made(self.project, with_aside=True)), "labels.csv")
        assert {(row["sha256"], row["label"], row["status"], row["width"]) for row in rows} == {
            (image.sha256, image.label.name, "set_aside" if image == self.aside else "ready", "64") for image in (self.own, self.web, self.aside, self.other)
        }

    def test_credits_csv_tells_of_pictures_from_the_web_and_holds_no_formula(self):
        (row,) = table(opened(made(self.project)), "CREDITS.csv")
        assert row["file"] == f"猫/{self.web.sha256[:32]}.jpg"
        assert (row["title"], row["creator"]) == ("'" + WEB["title"], "'+Ann")
        for column, field in (("provider", "provider"), ("page", "page_url"), ("source_url", "source_url"), ("license", "license"), ("license_url", "license_url"), ("query", "query")):
            assert row[column] == WEB[field]
        assert row["date"].startswith(str(self.web.created.date()))

    def test_only_the_chosen_licences_go_in(self):
        assert list(self.pictures(opened(made(self.project, licenses=["by"])))) == [f"猫/{self.web.sha256[:32]}.jpg"]
        with pytest.raises(UserError, match="no picture"):
            made(self.project, licenses=["nc"])

    def test_given_splits_become_folders_when_all_have_one(self):
        Image.objects.update(split="train")
        assert all(name.startswith(("train/猫/", "train/犬/")) for name in self.pictures(opened(made(self.project))))
        Image.objects.filter(id=self.own.id).update(split="")
        archive = opened(made(self.project))
        assert all(name.startswith(("猫/", "犬/")) for name in self.pictures(archive))
        assert sorted(row["split"] for row in table(archive, "labels.csv")) == ["", "train", "train"]

    def test_a_file_that_is_gone_is_left_out_and_counted(self):
        store.delete(self.own.file_name)
        export = made(self.project)
        assert (export.status, export.missing, len(self.pictures(opened(export)))) == ("done", 1, 2)

    def test_a_worker_that_lost_the_row_leaves_nothing_behind(self):
        export = services.start(project=self.project)
        mine = jobs.claim(Export, export.id, "one")
        services.forget_pictures([self.project.id])
        with pytest.raises(LeaseLost):
            work.run(mine)
        assert not store.exists(mine.file_name) and not list(settings.FILE_UPLOAD_TEMP_DIR.glob("*.zip"))
        again = jobs.claim(Export, export.id, "two")
        work.run(again)
        assert again.status == "done" and again.fence > mine.fence and store.exists(again.file_name)

    def test_a_newer_zip_of_the_same_takes_the_place_of_the_older(self):
        with self.captureOnCommitCallbacks(execute=True):
            first, other, second = made(self.project), made(self.project, with_aside=True), made(self.project)
        first.refresh_from_db()
        assert [one.can_be_fetched for one in (first, other, second)] == [False, True, True]
        assert [store.exists(one.file_name) for one in (first, other, second)] == [False, True, True]

    def test_a_zip_is_kept_for_two_days(self):
        export = made(self.project)
        assert timedelta(hours=47) < export.expires - timezone.now() <= work.KEPT
        Export.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert list(services.expired()) == [export]


class Start(Cast):
    def test_pressing_again_gives_the_one_that_is_being_made(self):
        first = services.start(project=self.project)
        assert services.start(project=self.project) == first
        assert services.start(project=self.project, with_aside=True) != first
        assert Export.objects.count() == 2

    def test_a_group_that_there_is_not_is_refused(self):
        with pytest.raises(UserError) as refused:
            services.start(project=self.project, licenses=["free"])
        assert refused.value.code == "unknown_licenses" and not Export.objects.exists()

    def test_no_zip_is_begun_that_would_fill_the_disk(self):
        image = self.image(self.cat, 1)
        Image.objects.filter(id=image.id).update(size_bytes=min(4_000_000_000, store.free_bytes()))
        if store.free_bytes() > 4_000_000_000 + services.SPARE_BYTES:
            Image.objects.bulk_create(Image(project=self.project, label=self.cat, sha256=f"{n:064}", width=1, height=1, size_bytes=4_000_000_000) for n in range(1 + store.free_bytes() // 4_000_000_000))
        with pytest.raises(UserError) as refused:
            made(self.project)
        assert refused.value.status == 507
