import uuid

import pytest

from webapp.exports.names import folder, folders
from webapp.ingest.names import is_junk, is_unsafe
from webapp.projects.models import Label

ODD = {
    "猫": "猫", "Café au lait": "Café au lait", "a/b": "a_b", "..": "_", ".": "_", "…": "…", "CON": "_CON", "com1.txt": "_com1.txt", "Console": "Console",
    'what? "this": <that>|*\\': "what_ _this__ _that____", "end. ": "end", ".git": "_.git", "__MACOSX": "___MACOSX", "@eaDir": "_@eaDir", "~x": "_~x", "👩‍🚀": "👩‍🚀",
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), ODD.items())
def test_a_label_becomes_a_folder_that_any_computer_can_make(name: str, expected: str):
    assert folder(name) == expected
    assert not is_junk(f"{expected}/a.jpg") and not is_unsafe(f"{expected}/a.jpg")


def test_a_folder_is_short_enough_for_every_file_system():
    assert len(folder("猫" * 100).encode()) <= 200 and folder("猫" * 100) == "猫" * 66


def test_labels_that_would_share_a_folder_get_one_each():
    labels = [Label(id=uuid.uuid4(), name=name) for name in ("a/b", "a_b", "a:b", "A_B (2)")]
    assert list(folders(labels).values()) == ["a_b", "a_b (2)", "a_b (3)", "A_B (2) (2)"]
