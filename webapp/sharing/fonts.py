"""Fonts of this machine for text that may be in any script. A character that no font has is left out: a card never shows boxes."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageFont

FOLDERS = [Path(folder) for folder in ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", "C:/Windows/Fonts")]
# Names of fonts with Japanese, the best first: of these one is enough. Then those that know what it may lack.
JAPANESE = [
    r"NotoSans(CJK(jp)?|JP)-(Bold|Black)", r"SourceHanSans(JP)?-Bold", r"BIZ-?UDP?GothicB?", r"YuGothB|meiryob|msgothic", r"ヒラギノ角ゴシック W[67]",
    r"NotoSans(CJK(jp)?|JP).*", r"ipaexg|ipagp?|fonts-japanese-gothic", r"Takao.*Gothic", r"VL-P?Gothic.*", r"(mplus|migmix|migu).*bold.*",
    r".*(DroidSansFallback|wqy-|NotoSerif(CJK|JP)|ipaexm|ipam).*",
]
OTHERS = [r"DejaVuSans-Bold", r"NotoSans-Bold", r"LiberationSans-Bold|arialbd", r"FreeSansBold"]
NOTHING = "\U0010ffff"  # no font has it: what is drawn for it is drawn for all that a font does not have
MOST_OPEN = 4  # a large font takes 3 MB at each size
SMALL = 20  # pixels; enough to tell one glyph from another


@cache
def files() -> list[Path]:
    """The fonts to draw with, best first; looked for once."""
    there = {path.stem: path for folder in FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.[to]t[fc]"))}
    named = [there[stem] for pattern in (*JAPANESE, *OTHERS) for stem in sorted(there) if re.fullmatch(pattern, stem, re.IGNORECASE)]
    others = [path for path in named if any(re.fullmatch(pattern, path.stem, re.IGNORECASE) for pattern in OTHERS)]
    return list(dict.fromkeys([*named[:1], *others]))


@lru_cache(maxsize=MOST_OPEN)
def font(number: int, size: int) -> ImageFont.FreeTypeFont:
    """A font of the list at a size in pixels; the one inside Pillow, which knows Latin, comes after the last."""
    return ImageFont.truetype(files()[number], size) if number < len(files()) else ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def font_of(character: str) -> int | None:
    """The number of the first font that has a character; None when none has."""
    return next((number for number in range(len(files()) + 1) if has(number, character)), None)


def has(number: int, character: str) -> bool:
    face = font(number, SMALL)
    return bytes(face.getmask(character)) != bytes(face.getmask(NOTHING))


def clean(text: str) -> str:
    """What of a text can be drawn: composed, on one line, without marks that only steer and characters that no font has."""
    composed = " ".join(unicodedata.normalize("NFC", text).split())
    return " ".join("".join(mark for mark in composed if mark == " " or (unicodedata.category(mark)[0] != "C" and font_of(mark) is not None)).split())


def runs(text: str, size: int) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """Pieces of a clean text, each with the font that it is drawn with."""
    last = 0
    for number, piece in groupby(text, lambda mark: None if mark == " " else font_of(mark)):
        last = last if number is None else number
        yield font(last, size), "".join(piece)


def width(text: str, size: int) -> float:
    """How wide a clean text is, in pixels."""
    return sum(face.getlength(piece) for face, piece in runs(text, size))
