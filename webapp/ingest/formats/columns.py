"""Which column of a table is the picture, which the label and which the split: by the usual names of columns, else by what is in them."""

import re
import unicodedata
from dataclasses import dataclass

from webapp.images.guard import ENDINGS
from webapp.ingest.formats.base import WEB, path_in, split_of

FILE = (
    "file filename filepath file_name file_path path image image_path image_file image_name image_filename img img_path name picture photo "
    "url uri link href src address image_url img_url 画像 画像ファイル 画像ファイル名 画像パス ファイル ファイル名 パス 写真 アドレス image_id id"
).split()
LABEL = (
    "label labels label_name class classes class_name classname category category_name tag tags target annotation choice species y "
    "ラベル ラベル名 クラス クラス名 分類 カテゴリ カテゴリー タグ 種類 正解"
).split()
SPLIT = "split set subset partition usage ml_use fold phase dataset データ分割 分割 用途 区分".split()
_SIGNS = re.compile(r"[\s\-.]+")
LOOKED_AT = 200  # lines, to see what is in the columns


@dataclass(frozen=True)
class Columns:
    """Where in a line the picture, the label and the split are, -1 for what is not there; `flags` are columns of 0 and 1 named like labels."""

    file: int
    label: int = -1
    split: int = -1
    flags: tuple[tuple[int, str], ...] = ()


def by_names(head: list[str]) -> Columns | None:
    """The columns of a line of names; None when it names no picture or no label."""
    names = [_SIGNS.sub("_", unicodedata.normalize("NFKC", name).strip().lower()) for name in head]
    file, label, split = (_first(names, known) for known in (FILE, LABEL, SPLIT))
    return Columns(file, label, split) if file >= 0 and label >= 0 and file != label else None


def _first(names: list[str], known: list[str]) -> int:
    """The column with the most usual of the known names."""
    return next((names.index(name) for name in known if name in names), -1)


def by_flags(head: list[str], lines: list[list[str]]) -> Columns | None:
    """One column for each label, with 1 in it where the picture shows it, as Roboflow exports."""
    flags = [n for n in range(1, len(head)) if lines and all(len(line) > n and line[n].strip() in ("0", "1") for line in lines)]
    if len(flags) < 2 or len(flags) < len(head) - 1 or not all(is_place(line[0]) for line in lines):
        return None
    return Columns(0, flags=tuple((n, head[n].strip()) for n in flags))


def by_content(lines: list[list[str]]) -> Columns | None:
    """The columns of a table without names: one of pictures, one of splits perhaps, and the first other one that is filled."""
    width = min(map(len, lines), default=0)
    cells = [[line[n].strip() for line in lines] for n in range(width)]
    files = [n for n in range(width) if all(map(is_place, cells[n]))]
    if not files or width < 2:
        return None
    splits = [n for n in range(width) if n not in files and all(split_of(cell) or cell.lower() in ("", "unassigned") for cell in cells[n]) and any(cells[n])]
    labels = [n for n in range(width) if n not in files + splits and all(cells[n])]
    return Columns(files[0], labels[0], splits[0] if splits else -1) if labels else None


def is_place(cell: str) -> bool:
    """Whether this looks like the name of a picture, or like its address."""
    text = cell.strip().lower()
    return text.startswith((*WEB, "data:image/")) or text.endswith(ENDINGS) or "://" in text and path_in(text).endswith(ENDINGS)
