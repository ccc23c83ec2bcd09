"""The folder of this server is searched by the names in it, and nothing outside it can be reached."""

import os

import pytest

from webapp.collect.providers.base import ProviderError
from webapp.collect.providers.folder import provider as room
from webapp.core.outgoing import OutgoingError

provider = room.Folder()


@pytest.fixture
def folder(tmp_path, settings):
    """Pictures of cats and dogs, and a secret beside the folder."""
    settings.COLLECT_FOLDER = str(tmp_path / "pictures")
    for path in ("cat/2.jpg", "cat/1.JPG", "cat/deeper/3.png", "cat/notes.txt", "犬/a.jpg", "all/black_cat-01.jpg", "all/catalogue.jpg", "all/cat12.jpeg"):
        file = tmp_path / "pictures" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode())
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return tmp_path / "pictures"


def titles(words: str, cursor: str = "") -> list[str]:
    return [hit.title for hit in provider.search(words, cursor=cursor).hits]


def content(path: str, limit_bytes: int = 100) -> bytes:
    return provider.picture(f"folder:{path}", limit_bytes=limit_bytes, timeout=5)


def test_folders_and_files_are_found_by_their_names(folder):
    assert titles("cat") == ["all/black_cat-01.jpg", "all/cat12.jpeg", "cat/1.JPG", "cat/2.jpg", "cat/deeper/3.png"]
    assert titles("Ｂｌａｃｋ Cat") == ["all/black_cat-01.jpg"]
    assert titles("c") == titles("nothing") == []


def test_a_word_finds_what_is_named_in_the_other_language(folder):
    assert titles("dog") == titles("いぬ") == ["犬/a.jpg"]
    assert titles("猫") == titles("cat")


def test_many_are_given_page_by_page(folder):
    for number in range(120):
        (folder / "cat" / f"x{number:03}.jpg").touch()
    page = provider.search("cat")
    assert (len(page.hits), page.next_cursor) == (50, "50")
    assert len(titles("cat", "50")) == 50 and len(titles("cat", "100")) == 25
    assert not set(titles("cat")) & set(titles("cat", "50"))


def test_a_file_is_read_up_to_the_limit(folder):
    assert content("cat/2.jpg") == b"cat/2.jpg"
    assert content("cat/2.jpg", limit_bytes=9) == b"cat/2.jpg"
    with pytest.raises(OutgoingError):
        content("cat/2.jpg", limit_bytes=8)


@pytest.mark.parametrize("path", ["../secret.jpg", "cat/../../secret.jpg", "/etc/passwd", "cat//2.jpg", "", ".", "..", "cat", "cat/gone.jpg", "cat/2.jpg/x", "cat/\0.jpg", "./cat/2.jpg"])
def test_no_path_leads_out_or_to_what_is_no_file(folder, path):
    with pytest.raises(OutgoingError):
        content(path)


def test_links_are_neither_found_nor_followed(folder, tmp_path):
    (folder / "cat" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "way").symlink_to(tmp_path)
    (folder / "dog").symlink_to(folder / "cat")
    assert "cat/link.jpg" not in titles("cat") and titles("secret") == []
    assert titles("dog") == ["犬/a.jpg"]
    for path in ("cat/link.jpg", "way/secret.jpg", "dog/2.jpg"):
        with pytest.raises(OutgoingError):
            content(path)


def test_a_pipe_with_the_name_of_a_picture_is_not_waited_for(folder):
    os.mkfifo(folder / "cat" / "pipe.jpg")
    with pytest.raises(OutgoingError):
        content("cat/pipe.jpg")


def test_no_descriptor_stays_open(folder):
    before = len(os.listdir("/proc/self/fd"))
    for path in ("cat/2.jpg", "cat/deeper", "cat/deeper/gone.jpg"):
        try:
            content(path)
        except OutgoingError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_folder_that_is_not_there_and_one_that_nobody_named_are_said(folder, settings):
    settings.COLLECT_FOLDER += "-gone"
    with pytest.raises(ProviderError, match="COLLECT_FOLDER"):
        provider.search("cat")
    settings.COLLECT_FOLDER = ""
    with pytest.raises(ProviderError, match="COLLECT_FOLDER"):
        provider.search("cat")
    assert provider.missing() == ["COLLECT_FOLDER"]


def test_every_kind_that_is_taken_is_found(folder):
    for ending in ("HEIC", "webp", "avif", "gif"):
        (folder / "cat" / f"new.{ending}").touch()
    assert [title for title in titles("cat") if "new" in title] == ["cat/new.HEIC", "cat/new.avif", "cat/new.gif", "cat/new.webp"]
