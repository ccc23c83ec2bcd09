import io
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from fixtures import samples
from webapp.core import jobs
from webapp.core.test import Cast, vector
from webapp.images.intake import Candidate, take_in
from webapp.images.models import Embedding, Image
from webapp.images.services import keep_images
from webapp.projects.models import Label
from webapp.review import services, work
from webapp.review.cells import reason_words
from webapp.review.models import Check
from webapp.review.queries import balance, grid
from webapp.similar import candidates
from worker.tasks import similar

PHOTOS = Path("../shared/data")


def jpeg(picture: Picture.Image, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def copies(picture: Picture.Image) -> list[bytes]:
    """Smaller, saved badly, and cut by 3 % at every side."""
    width, height = picture.size
    cut = picture.crop((width * 3 // 100, height * 3 // 100, width * 97 // 100, height * 97 // 100))
    return [jpeg(picture.resize((width // 2, height // 2))), jpeg(picture, 30), jpeg(cut)]


class Checking(Cast):
    def check(self) -> Check:
        services.request_check(project=self.project)
        claimed = jobs.claim(Check, Check.objects.first().id, "test")
        work.run(claimed, index=partial(candidates.of_pictures, make=similar.make))
        claimed.refresh_from_db()
        assert claimed.status == Check.DONE
        return claimed

    def pictures(self, label: Label, count: int, source: str = Image.WEB, start: int = 0) -> list[Image]:
        """Pictures like others of their label, whose hashes have nothing in common."""
        made = [self.image(label, start + seed) for seed in range(count)]
        for image in made:
            image.phash, image.source = int(np.random.default_rng(image.id.int).integers(-(2**63), 2**63 - 1)), source
            image.save()
        return made

    def double(self, image: Image, seed: int, source: str = Image.WEB, **facts) -> Image:
        """Another picture that looks the same to hash and vector."""
        twin = self.image(image.label, seed)
        Image.objects.filter(id=twin.id).update(phash=image.phash, source=source, **facts)
        Embedding.objects.filter(image=twin).update(vector=image.embedding.vector)
        return Image.objects.get(id=twin.id)

    def now(self, image: Image) -> tuple[str, str]:
        return Image.objects.values_list("status", "aside_reason").get(id=image.id)

    def group(self, image: Image):
        return Image.objects.get(id=image.id).group


READY, DOUBLE, STRANGE = ("ready", ""), ("set_aside", "duplicate"), ("set_aside", "off_topic")


class WorkTests(Checking):
    def test_of_web_pictures_that_are_alike_the_largest_stays_and_all_are_one_group(self):
        first, other = self.pictures(self.cat, 2)
        larger = self.double(first, 50, width=640, height=480)
        blurred = self.double(first, 51, width=900, height=900, is_blurred=True)
        assert self.check().found == {"pictures": 4, "duplicate": 2, "off_topic": 0, "suggestions": 0}
        assert [self.now(one) for one in (first, larger, blurred, other)] == [DOUBLE, READY, DOUBLE, READY]
        assert self.group(first) == self.group(larger) == self.group(blurred) != self.group(other) is None

    def test_what_people_brought_is_grouped_but_never_set_aside(self):
        (mine,) = self.pictures(self.cat, 1, Image.UPLOAD)
        again = self.double(mine, 50, Image.UPLOAD)
        web = self.double(mine, 51, width=4000, height=4000)
        self.check()
        assert [self.now(one) for one in (mine, again, web)] == [READY, READY, DOUBLE]
        assert self.group(mine) == self.group(again) == self.group(web) is not None

    def test_what_a_person_decided_stays(self):
        first = self.pictures(self.cat, 1)[0]
        kept = self.double(first, 50, is_reviewed=True)
        thrown = self.double(first, 51, status="set_aside", aside_reason="by_hand", is_reviewed=True)
        self.check()
        assert [self.now(one) for one in (first, kept, thrown)] == [DOUBLE, READY, ("set_aside", "by_hand")]

    def test_the_copy_of_a_picture_that_a_person_set_aside_is_not_lost_with_it(self):
        first = self.pictures(self.cat, 1)[0]
        thrown = self.double(first, 50, status="set_aside", aside_reason="by_hand")
        self.check()
        assert [self.now(one) for one in (first, thrown)] == [READY, ("set_aside", "by_hand")]

    def test_a_duplicate_comes_back_when_there_is_no_other_any_more(self):
        first = self.pictures(self.cat, 1)[0]
        small = self.double(first, 50, width=20, height=20)
        self.check()
        assert self.now(small) == DOUBLE
        Image.objects.filter(id=first.id).delete()
        self.check()
        assert self.now(small) == READY and self.group(small) is None

    def test_web_pictures_far_from_their_label_are_set_aside_and_uploads_are_not(self):
        self.pictures(self.cat, 20)
        strange = self.pictures(self.cat, 2, start=500)
        for number, image in enumerate(strange):
            Embedding.objects.filter(image=image).update(vector=vector(70 + number, 1))
        Image.objects.filter(id=strange[1].id).update(source=Image.UPLOAD)
        assert self.check().found["off_topic"] == 2
        assert [self.now(one) for one in strange] == [STRANGE, READY]
        shown = grid(self.project, show="off_topic").items
        assert sorted(map(reason_words, shown)) == ["Looks like something else", "Something else?"]
        keep_images(images=[strange[1]])
        assert balance(self.project).counts["off_topic"] == self.check().found["off_topic"] == 1

    def test_what_looks_like_the_others_by_now_is_called_something_else_no_more(self):
        mine, thrown = self.pictures(self.cat, 2, Image.UPLOAD)
        Image.objects.update(is_off_topic=True)
        Image.objects.filter(id=thrown.id).update(is_reviewed=True)
        self.check()
        assert list(Image.objects.filter(is_off_topic=True)) == [thrown]  # a person has decided: left alone

    def test_of_few_pictures_none_is_strange(self):
        self.pictures(self.cat, 5)
        (strange,) = self.pictures(self.cat, 1, start=500)
        Embedding.objects.filter(image=strange).update(vector=vector(70, 1))
        self.check()
        assert self.now(strange) == READY

    def test_never_more_than_a_quarter_of_a_label_is_called_strange(self):
        self.pictures(self.cat, 20)
        for number, image in enumerate(self.pictures(self.cat, 12, start=500)):
            Embedding.objects.filter(image=image).update(vector=vector(70 + number, 1))
        assert self.check().found["off_topic"] <= 8

    def test_wrong_labels_are_suggested_until_a_person_decides(self):
        self.pictures(self.cat, 15, Image.UPLOAD)
        dogs = self.pictures(self.dog, 15, Image.UPLOAD)
        Image.objects.filter(id__in=[dogs[3].id, dogs[7].id]).update(label=self.cat)
        assert self.check().found["suggestions"] == 2
        assert {(one.image_id, one.label) for one in self.project.suggestions.all()} == {(dogs[3].id, self.dog), (dogs[7].id, self.dog)}
        services.dismiss_suggestion(suggestion=self.project.suggestions.get(image=dogs[3]))
        services.accept_suggestion(suggestion=self.project.suggestions.get(image=dogs[7]))
        assert self.check().found["suggestions"] == 0 and not self.project.suggestions.exists()

    def test_a_project_without_pictures_or_vectors_is_checked_too(self):
        assert self.check().found == {"pictures": 0, "duplicate": 0, "off_topic": 0, "suggestions": 0}
        for image in self.pictures(self.cat, 3):
            Embedding.objects.filter(image=image).delete()
        assert self.check().found["pictures"] == 3

    def test_a_check_in_pieces_finds_the_same_wrong_labels(self):
        rows = work.pieces(np.arange(1000) % 3, np.arange(1000))
        assert len(rows) == 1
        old, work.PIECE = work.PIECE, 300
        self.addCleanup(setattr, work, "PIECE", old)
        parts = work.pieces(np.arange(1000) % 3, np.arange(1000))
        assert sorted(np.concatenate(parts)) == list(range(1000))
        assert all(len(part) == 250 and min(np.bincount(part % 3)) >= 83 for part in parts)


class PhotoTests(Checking):
    def take(self, label: Label, contents: list[bytes], **facts) -> list[Image]:
        outcomes = []
        take_in(self.project, (Candidate(label, content, facts=facts) for content in contents), outcomes.append)
        return [outcome.image for outcome in outcomes]

    def test_copies_of_drawings_are_found_and_other_drawings_are_not(self):
        drawn = [samples.draw("cat", seed) for seed in range(12)]
        originals = self.take(self.cat, [jpeg(one) for one in drawn], source=Image.WEB)
        twins = [self.take(self.cat, copies(one), source=Image.WEB) for one in drawn[:4]]
        assert self.check().found["duplicate"] == 12
        for original, some in zip(originals, twins, strict=False):
            assert self.now(original) == READY
            assert {self.group(one) for one in some} == {self.group(original)} != {None}
        assert [self.group(one) for one in originals[4:]] == [None] * 8

    @pytest.mark.skipif(not (PHOTOS / "raccoon").exists(), reason="needs the photos of ../shared/data")
    def test_photos_of_animals_among_photos_of_clothes_are_set_aside(self):
        def photos(folder: str, start: int, count: int) -> list[bytes]:
            return [path.read_bytes() for path in sorted((PHOTOS / folder).glob("*.jpg"))[start : start + count]]

        hats = self.take(self.cat, photos("clothing/hat", 0, 30), source=Image.WEB)
        pants = self.take(self.dog, photos("clothing/pants", 0, 30), source=Image.WEB)
        strange = self.take(self.cat, photos("raccoon/images", 20, 5), source=Image.WEB)
        self.check()
        assert [self.now(one)[1] for one in strange].count("off_topic") >= 4
        assert [self.now(one)[1] for one in hats + pants].count("off_topic") <= 2
