import pytest

from webapp.core.test import Cast
from webapp.images.licenses import NAMES, group_of
from webapp.images.models import Image
from webapp.images.queries import license_counts, licensed

WRITTEN = {
    "public": ["CC0 1.0", "cc0", "Public Domain Mark 1.0", "Public domain", "pdm", "No restrictions", "PD-US"],
    "by": ["CC BY 4.0", "by", "CC-BY-3.0-US", "Attribution"],
    "by-sa": ["CC BY-SA 4.0", "by-sa", "CC BY-SA 2.0 de", "Attribution-ShareAlike 4.0"],
    "nc": ["CC BY-NC 2.0", "by-nc-sa", "Attribution-NonCommercial"],
    "nd": ["CC BY-ND 4.0", "CC BY-NC-ND 4.0"],
    "unknown": ["All rights reserved", "GFDL", "?", ""],
}


@pytest.mark.parametrize(("group", "written"), [(group, text) for group, texts in WRITTEN.items() for text in texts])
def test_a_licence_is_recognised_however_it_is_written(group: str, written: str):
    assert group_of(Image.WEB, written) == group and group in NAMES


class LicenseQueries(Cast):
    def setUp(self) -> None:
        super().setUp()
        kinds = [("upload", ""), ("web", ""), ("web", "CC BY 4.0"), ("web", "by"), ("web", "CC0 1.0"), ("upload", "CC BY-NC 2.0"), (Image.CORRECTION, "")]
        self.images = [self.image(self.cat, seed) for seed in range(len(kinds))]
        for image, (image.source, image.license) in zip(self.images, kinds, strict=True):
            image.save()

    def test_pictures_are_counted_by_group_in_one_query(self):
        with self.assertNumQueries(1):
            counts = license_counts(self.project)
        assert list(counts.items()) == [("own", 1), ("public", 1), ("by", 2), ("nc", 1), ("unknown", 2)]

    def test_only_the_wanted_groups_are_found(self):
        for groups, places in ((["by"], [2, 3]), (["own", "public"], [0, 4]), (["unknown", "nc"], [1, 5, 6]), (["nd"], []), ([], []), (list(NAMES), range(7))):
            with self.subTest(groups):
                found = set(self.project.images.filter(licensed(self.project, groups)))
                assert found == {self.images[place] for place in places}
