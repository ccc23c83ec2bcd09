from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from webapp.core import jobs, store
from webapp.core.errors import Cancelled, LeaseLost, UserError
from webapp.core.test import Cast
from webapp.images.models import Image
from webapp.similar import map_work, mapping
from webapp.similar.models import Map
from webapp.similar.tests.mapping import laid_out
from webapp.takedown.services import take_down


class Stopped:
    """A heart of a row that somebody has just stopped."""

    def check(self) -> None:
        raise Cancelled()


def commands() -> list[str]:
    """Of all processes."""
    return [file.read_bytes().decode(errors="replace") for file in Path("/proc").glob("[0-9]*/cmdline") if file.exists()]


def column(content: bytes, place: int) -> list[int]:
    """A column of what a page gets: 0 x, 1 y, 2 regions, 3 set aside."""
    count = len(content) // 28
    return np.frombuffer(content, "<u2")[(10 + place) * count : (11 + place) * count].tolist()


class MapWork(Cast):
    def claimed(self) -> Map:
        return jobs.claim(Map, mapping.start(project=self.project).id, "tester")

    def folders(self) -> list[Path]:
        return list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{map_work.FOLDER}*"))

    def files(self) -> list[str]:
        return list(store.walk(f"projects/{self.project.id}/maps"))

    def test_a_worker_lays_out_all_pictures_and_alike_ones_lie_together(self):
        images = [self.image(label, seed) for seed in range(6) for label in (self.cat, self.dog)]
        laid_out(self.project)
        row = self.claimed()
        map_work.run(row)
        places = mapping.read(row)
        cats = {image.id.bytes for image in images if image.label == self.cat}
        is_cat = np.array([bytes(key) in cats for key in places.ids])
        centres = [places.places[is_cat == one].astype(float).mean(axis=0) for one in (True, False)]
        far = np.linalg.norm(places.places - np.where(is_cat[:, None], *centres), axis=1).max()
        assert far < np.linalg.norm(centres[0] - centres[1])
        assert (row.status, row.count, row.processed) == ("done", 12, mapping.ROUNDS)
        assert list(Map.objects.all()) == [row] and self.files() == [row.file_name]  # the one before is gone
        assert not self.folders()

    def test_too_few_pictures_are_refused_with_what_to_do(self):
        self.image(self.cat)
        with pytest.raises(UserError, match="at least 3"):
            map_work.run(self.claimed())
        assert not self.folders() and not self.files()

    def test_a_stop_ends_the_process_at_once(self):
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{map_work.FOLDER}stopped"
        folder.mkdir()
        np.save(folder / "vectors.npy", np.ones((50, 1280), np.float16))
        with pytest.raises(Cancelled):
            list(map_work.laid_out(folder, Stopped()))
        assert not any(str(folder) in command for command in commands())
        assert map_work.forget_unfinished(3600) == 0 and map_work.forget_unfinished(-1) == 1 and not self.folders()

    def test_a_layout_that_breaks_is_told_with_what_to_do(self):
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR) / f"{map_work.FOLDER}broken"
        folder.mkdir()
        self.addCleanup(map_work.forget_unfinished, -1)
        with pytest.raises(UserError, match="could not be laid out"):
            list(map_work.laid_out(folder, map_work.Heart(self.claimed())))

    def test_a_new_map_begins_where_the_old_one_ended(self):
        folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
        old = [self.image(self.cat, seed) for seed in range(3)]
        earlier = laid_out(self.project, places=[(0, 0), (65535, 0), (0, 65535)])
        new = self.image(self.dog)
        ids = np.array(sorted(image.id.bytes for image in old) + [new.id.bytes], "V16")
        map_work.put_start(folder, ids, earlier)
        self.addCleanup((folder / "start.npy").unlink)
        assert np.array_equal(np.load(folder / "start.npy"), [(0, 0), (1, 0), (0, 1), (np.nan, np.nan)], equal_nan=True)

    def test_a_page_gets_the_pictures_that_are_there_as_they_stand_now(self):
        images = sorted((self.image(self.cat, seed) for seed in range(4)), key=lambda image: image.id.bytes)
        row = laid_out(self.project, regions=[0, 1, 2, 3])
        Image.objects.filter(id=images[0].id).update(label=self.dog, status=Image.SET_ASIDE)
        images[1].delete()
        self.image(self.dog, 9)  # came later: it has no place
        content = mapping.packed(row, mapping.read(row))
        assert len(content) == 3 * 28
        ids = [content[16 * place : 16 * place + 16] for place in range(3)]
        labels = dict(zip(ids, np.frombuffer(content, "<u4")[12:15].tolist(), strict=True))
        number = {label: int(str(label.id)[:8], 16) for label in (self.cat, self.dog)}
        assert labels == {images[0].id.bytes: number[self.dog], images[2].id.bytes: number[self.cat], images[3].id.bytes: number[self.cat]}
        assert dict(zip(ids, column(content, 3), strict=True))[images[0].id.bytes] == 1 and sum(column(content, 3)) == 1
        assert sorted(column(content, 2)) == [0, 2, 3]

    def test_of_a_project_that_grew_only_what_was_there_is_read(self):
        self.image(self.cat)
        row = laid_out(self.project)
        for seed in range(3):
            self.image(self.dog, seed)
        with CaptureQueriesContext(connection) as queries:
            assert len(mapping.standing(row, mapping.read(row))) == 1
        with connection.cursor() as cursor:
            cursor.execute(queries[0]["sql"])
            assert len(cursor.fetchall()) == 1

    def test_a_picture_that_was_taken_down_is_in_no_file_of_a_map(self):
        taken, _kept = self.image(self.cat), self.image(self.dog)
        laid_out(self.project)
        making = self.claimed()
        take_down(images=[taken], project=self.project)
        assert not self.files() and [row.status for row in Map.objects.all()] == [Map.QUEUED]
        with pytest.raises(LeaseLost):
            jobs.write(making, processed=1)

    def test_the_sweep_takes_what_no_map_needs(self):
        self.image(self.cat)
        row = laid_out(self.project)
        lost = f"projects/{self.project.id}/maps/lost"
        store.put(lost, b"places")
        assert map_work.sweep(older_than=3600, check=lambda: None) == 0
        assert map_work.sweep(older_than=-1, check=lambda: None) == 1
        assert self.files() == [row.file_name]
