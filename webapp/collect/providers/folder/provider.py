"""A folder of this server: pictures for places without a network. One folder for each word (cat/1.jpg), or the words in the names of the files.

Nothing outside the folder is ever read: names come from walking through it, symbolic links are not followed, neither when looking nor when reading,
and what is read goes through the same guard as what the web sends.
"""

import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webapp.collect.providers.base import Hit, Page, Provider, ProviderError
from webapp.collect.words import same
from webapp.core.outgoing import NEUTRAL, OutgoingError
from webapp.images.guard import ENDINGS

PAGE_SIZE = 50
MOST_FILES, DEEPEST = 200_000, 8
START = "folder:"  # of the address of a hit
SEPARATORS = re.compile(r"[\s_\-.,()\[\]]+")
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # does not wait for somebody to write into a pipe


class Folder(Provider):
    name, title, place = "folder", gettext_lazy("The folder of this server"), 5
    needs = ("COLLECT_FOLDER",)
    is_kept = False  # looking again costs little, and there may be more

    def search(self, query: str, *, cursor: str = "") -> Page:
        """Files in folders that are called like the words, or like others with the same meaning, and files with the words in their names."""
        self.check()
        start = int(cursor or 0)
        found = list(islice(self.matching(query), start, start + PAGE_SIZE + 1))
        return Page([hit(path) for path in found[:PAGE_SIZE]], str(start + PAGE_SIZE) if len(found) > PAGE_SIZE else "")

    def matching(self, query: str) -> Iterator[str]:
        wanted = {plain(word) for word in same(query)}
        return (path for path in islice(self.files(), MOST_FILES) if any(fits(path, words) for words in wanted))

    def files(self) -> Iterator[str]:
        """Paths of pictures inside the folder, in order; raises ProviderError when there is no such folder."""
        root = settings.COLLECT_FOLDER
        if not os.path.isdir(root):
            raise ProviderError(_("The folder that COLLECT_FOLDER names is not there. Ask whoever runs this server to check it."), permanent=True)
        for at, folders, names in os.walk(root):  # does not go through links to folders
            inner = os.path.relpath(at, root)
            folders[:] = sorted(folders) if inner.count(os.sep) < DEEPEST else []
            pictures = sorted(name for name in names if name.lower().endswith(ENDINGS) and not os.path.islink(os.path.join(at, name)))
            yield from (os.path.normpath(os.path.join(inner, name)) for name in pictures)

    def picture(self, address: str, *, limit_bytes: int, timeout: float) -> bytes:
        """The bytes of a file, when it is one and not too large."""
        try:
            with os.fdopen(open_inside(settings.COLLECT_FOLDER, address.removeprefix(START)), "rb") as file:
                content = file.read(limit_bytes + 1)
        except (OSError, ValueError):
            raise OutgoingError(NEUTRAL, permanent=True) from None
        if len(content) > limit_bytes:
            raise OutgoingError(NEUTRAL, permanent=True)
        return content


def open_inside(root: str, path: str) -> int:
    """A descriptor of a regular file below a folder; goes down name by name, so that no link on the way leads out, whenever it was put there. Raises OSError."""
    names = path.split(os.sep)
    if any(name in ("", os.curdir, os.pardir) for name in names):
        raise OSError("not a path inside the folder")
    at = os.open(root, DIRECTORY & ~os.O_NOFOLLOW)  # the folder itself may be a link: whoever runs the server has named it
    for name in names:
        try:
            inner = os.open(name, FILE if name is names[-1] else DIRECTORY, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    if not stat.S_ISREG(os.fstat(at).st_mode):
        os.close(at)
        raise OSError("not a regular file")
    return at


def fits(path: str, words: str) -> bool:
    """Whether a folder on the way is called so, or the file has the words in its name."""
    *folders, name = path.split(os.sep)
    return words in map(plain, folders) or f" {words} " in f" {plain(os.path.splitext(name)[0])} "


def plain(text: str) -> str:
    """Words as they are compared: no capitals, no full width, single spaces; a number at the end of "cat12" stands alone."""
    text = unicodedata.normalize("NFKC", text).casefold()
    return SEPARATORS.sub(" ", re.sub(r"(?<=\D)(?=\d)", " ", text)).strip()


def hit(path: str) -> Hit:
    return Hit(url=START + path, title=path)
