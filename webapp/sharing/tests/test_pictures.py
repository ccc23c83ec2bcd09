import io
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

import pytest
from PIL import Image

from webapp.sharing import card_drawing, fonts
from webapp.sharing.tests.test_play import Shared

JAPANESE = pytest.mark.skipif(fonts.font_of("猫") is None, reason="this machine has no font with Japanese")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


class PicturesTest(Shared):
    def test_the_card_has_the_size_that_other_sites_want(self) -> None:
        card = self.visitor.get(self.address("card"))
        assert (card["Content-Type"], opened(card.content).size) == ("image/png", (1200, 630))

    def test_the_card_is_sent_again_only_when_something_on_it_is_new(self) -> None:
        tag = self.visitor.get(self.address("card"))["ETag"]
        again = {"If-None-Match": tag}
        assert self.visitor.get(self.address("card"), headers=again).status_code == 304
        self.set(name="Colours")
        assert self.visitor.get(self.address("card"), headers=again).status_code == 200

    def test_the_code_is_a_drawing_without_style_or_script(self) -> None:
        code = self.visitor.get(self.address("qr"))
        root = ElementTree.fromstring(code.content)
        assert code["Content-Type"] == "image/svg+xml" and root.tag.endswith("svg")
        assert {element.tag.rsplit("}")[-1] for element in root.iter()} <= {"svg", "path", "g"} and b"style" not in code.content


@JAPANESE
def test_a_name_in_japanese_is_drawn_with_its_own_glyphs():
    assert fonts.clean("猫と犬") == "猫と犬"
    assert card_drawing.drawn("猫", (), None) != card_drawing.drawn("犬", (), None)


def test_what_no_font_has_is_left_out_instead_of_a_box():
    assert fonts.clean("a\ue000b\U000e0041c") == "abc"
    assert card_drawing.drawn("\ue000", (), None) == card_drawing.drawn("", (), None)


def test_marks_that_steer_the_text_are_left_out():
    assert fonts.clean("  Cats\u202e \n and\u200b dogs\x00 ") == "Cats and dogs"


@pytest.fixture
def no_fonts():
    """As on a machine without any font."""
    caches = (fonts.files, fonts.font, fonts.font_of, card_drawing.drawn)
    with mock.patch.object(fonts, "FOLDERS", [Path("/nowhere")]):
        [cached.cache_clear() for cached in caches]
        yield
    [cached.cache_clear() for cached in caches]


def test_a_machine_without_fonts_still_draws_a_card_without_boxes(no_fonts):
    assert fonts.files() == []
    assert fonts.clean("Hand signs 猫") == "Hand signs"
    assert card_drawing.drawn("猫", ("犬",), 0.9) == card_drawing.drawn("", (), 0.9)


@pytest.mark.parametrize("name", ["n" * 100, "寿限無" * 33, "a b " * 25, ""])
def test_nothing_runs_over_the_rim_however_long_a_name_and_its_labels_are(name):
    picture = opened(card_drawing.drawn(name, tuple(f"{number} {'w' * 90}" for number in range(200)), 0.5))
    assert {picture.getpixel((across, 10)) for across in range(0, 1200, 7)} == {picture.getpixel((0, 0))}
    assert {picture.getpixel((1190, down)) for down in range(0, 630, 7)} == {picture.getpixel((0, 0))}


def test_labels_that_do_not_fit_are_told_as_a_number():
    labels = [f"label {number}" for number in range(40)]
    rows = card_drawing.arranged(labels, 2)
    assert len(rows) == 2 and rows[1][-1] == f"+{40 - sum(map(len, rows)) + 1}"
    assert all(card_drawing.row_width(row) <= card_drawing.CHIPS_RIGHT - card_drawing.LEFT for row in rows)
    assert card_drawing.arranged(["a", "b"], 1) == [["a", "b"]]
