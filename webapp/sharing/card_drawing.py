"""The social card: a blackboard with the name of an AI, its labels and how good it is."""

import io
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw

from webapp.serving.answer import percent
from webapp.sharing import fonts

SIZE = (1200, 630)
RIM, BOARD, LINE, CHALK, CHALK_2, YELLOW = "#dcbf93", "#1d4f3e", "#3c6c5b", "#f7f4e8", "#c6d6cb", "#ffd557"
LEFT, RIGHT, BOTTOM = 90, 1110, 590
NAME_TOP, NAME_SIZES, NAME_LINES = 245, (104, 88, 74, 62, 52), 3
CHIP, CHIP_HEIGHT, CHIP_PAD, CHIP_ROWS, CHIPS_RIGHT, GAP = 36, 66, 24, 2, 880, 14
LONGEST = 16  # letters of a label
RING, RING_RADIUS, PERCENT = (1015, 495), 82, 44
KEPT = 32  # cards in memory, some 30 KB each


@lru_cache(maxsize=KEPT)
def drawn(name: str, labels: tuple[str, ...], accuracy: float | None) -> bytes:
    """A PNG of 1200 x 630; `accuracy` is a share, None before the first training. Characters that no font of this machine has are left out."""
    picture = Image.new("RGB", SIZE, RIM)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((22, 22, SIZE[0] - 23, SIZE[1] - 23), 30, fill=BOARD)
    face(draw, LEFT, 70, 96)
    write(draw, (LEFT + 120, 118), "AI Maker", 44, CHALK)
    bottom = title(draw, fonts.clean(name))
    chips(draw, [text for label in labels if (text := fonts.clean(label))], bottom)
    if accuracy is not None:
        skill(draw, accuracy)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def write(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int, colour: str) -> None:
    """A line of clean text; the place is its left end, in the middle of its height."""
    across, middle = place
    for face_, piece in fonts.runs(text, size):
        draw.text((across, middle + 0.36 * size), piece, colour, face_, anchor="ls")
        across += face_.getlength(piece)


def face(draw: ImageDraw.ImageDraw, left: float, top: float, side: float) -> None:
    """The face of the AI, happy."""
    unit = side / 64
    at = [(left + unit * x, top + unit * y) for x, y in ((3, 5), (61, 59), (8, 10), (56, 54), (20, 24), (44, 46))]
    draw.rounded_rectangle((*at[0], *at[1]), 15 * unit, fill=RIM)
    draw.rounded_rectangle((*at[2], *at[3]), 10.5 * unit, fill=BOARD)
    for eye in (23, 41):
        draw.circle((left + eye * unit, top + 26 * unit), 3.6 * unit, fill=YELLOW)
    draw.arc((*at[4], *at[5]), 20, 160, CHALK, round(4 * unit))


def title(draw: ImageDraw.ImageDraw, name: str) -> float:
    """The name, as large as it fits; where the labels begin below it."""
    size = next((size for size in NAME_SIZES if len(wrapped(name, size)) * size <= 230), NAME_SIZES[-1])
    lines = wrapped(name, size)
    if len(lines) > NAME_LINES:
        lines = [*lines[: NAME_LINES - 1], lines[NAME_LINES - 1][:-1] + "…"]
    for number, line in enumerate(lines):
        write(draw, (LEFT, NAME_TOP + 1.2 * size * number), line, size, CHALK)
    return NAME_TOP + 1.2 * size * (len(lines) - 0.5) + 20 if lines else NAME_TOP


def wrapped(text: str, size: int) -> list[str]:
    """The text in lines that fit, broken between words, or between characters where a word is longer than a line."""
    lines = [""]
    for word in words(text):
        joined = lines[-1] + word
        if lines[-1] and fonts.width(joined.rstrip(), size) > RIGHT - LEFT:
            lines.append("")
            joined = word.lstrip()
        lines[-1] = joined
    return [line.strip() for line in lines if line.strip()]


def words(text: str) -> list[str]:
    """What a line is broken between: words of up to 20 letters, and the characters of scripts that write without spaces."""
    found: list[str] = []
    for mark in text:
        closes = found and found[-1][-1] != " " and mark != " " and mark.isascii() and found[-1][-1].isascii() and len(found[-1]) < 20
        if closes or (found and mark in " 、。！？）」』・ー々ゃゅょっァィゥェォャュョッ…"):
            found[-1] += mark
        else:
            found.append(mark)
    return found


def chips(draw: ImageDraw.ImageDraw, labels: Sequence[str], top: float) -> None:
    """The labels below the name, and how many more there are."""
    most = max(1, min(CHIP_ROWS, int((BOTTOM - top) // (CHIP_HEIGHT + GAP))))
    for number, row in enumerate(arranged([shortened(label) for label in labels], most)):
        across, place = LEFT, top + number * (CHIP_HEIGHT + GAP)
        for text in row:
            draw.rounded_rectangle((across, place, across + chip_width(text), place + CHIP_HEIGHT), CHIP_HEIGHT / 2, outline=CHALK_2, width=3)
            write(draw, (across + CHIP_PAD, place + CHIP_HEIGHT / 2), text, CHIP, CHALK)
            across += chip_width(text) + GAP


def arranged(labels: Sequence[str], most: int) -> list[list[str]]:
    """The labels in rows that fit; what does not fit into `most` rows is told as a number at the end of the last."""
    rows: list[list[str]] = [[]]
    for label in labels:
        if rows[-1] and row_width([*rows[-1], label]) > CHIPS_RIGHT - LEFT:
            rows.append([])
        rows[-1].append(label)
    kept, rest = rows[:most], sum(map(len, rows[most:]))
    while rest and len(kept[-1]) > 1 and row_width([*kept[-1], f"+{rest}"]) > CHIPS_RIGHT - LEFT:
        kept[-1].pop()
        rest += 1
    return [*kept[:-1], [*kept[-1], f"+{rest}"]] if rest else kept


def row_width(row: Sequence[str]) -> float:
    return sum(chip_width(text) + GAP for text in row) - GAP


def chip_width(text: str) -> float:
    return fonts.width(text, CHIP) + 2 * CHIP_PAD


def shortened(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def skill(draw: ImageDraw.ImageDraw, accuracy: float) -> None:
    """The share of unseen pictures that it gets right, as a ring with a number."""
    (across, down), radius = RING, RING_RADIUS
    box = (across - radius, down - radius, across + radius, down + radius)
    draw.arc(box, 0, 360, LINE, 18)
    draw.arc(box, -90, -90 + 360 * accuracy, YELLOW, 18)
    write(draw, (across - fonts.width(percent(accuracy), PERCENT) / 2, down), percent(accuracy), PERCENT, CHALK)
