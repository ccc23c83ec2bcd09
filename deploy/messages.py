"""Translations without the gettext programs: finds the texts of pages and sentences, brings them into locale/, compiles them.

messages.py update            new texts into every locale/*/LC_MESSAGES/django.po, unused ones out, then compile
messages.py compile FILE.po   FILE.mo beside it
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import polib
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGS = ROOT / "locale"
SINGULAR = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
STRING = r"""u?('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
CALL = re.compile(rf"\b(_|gettext|ngettext|pgettext)\(\s*{STRING}(?:\s*,\s*{STRING})?")


class Text(NamedTuple):
    """A text to translate; `plural` and `context` are empty where it has none."""

    id: str
    plural: str = ""
    context: str = ""


def text_of(function: str, strings: list[str]) -> Text:
    """The text that a call of a gettext function with these strings means."""
    if function in PLURAL:
        return Text(strings[0], plural=strings[1])
    if function in CONTEXT:
        return Text(strings[1], context=strings[0])
    return Text(strings[0])


def texts_of_python(source: str) -> list[Text]:
    """Texts of calls such as _("...") and ngettext("...", "...", n)."""
    found = []
    for call in ast.walk(ast.parse(source)):
        name = getattr(getattr(call, "func", None), "id", "") if isinstance(call, ast.Call) else ""
        strings = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)] if name else []
        if name in SINGULAR | PLURAL | CONTEXT and len(strings) >= (1 if name in SINGULAR else 2):
            found.append(text_of(name, strings))
    return found


def texts_of_template(source: str) -> list[Text]:
    """Texts of translate and blocktranslate, as Django's own extraction reads them."""
    if not settings.configured:
        settings.configure()
    calls = CALL.finditer(templatize(source))
    return [text_of(call[1], [ast.literal_eval(string) for string in call.groups()[1:] if string]) for call in calls]


def all_texts(root: Path = ROOT) -> dict[Text, list[str]]:
    """Every text of the project, with the files it stands in."""
    found: dict[Text, list[str]] = defaultdict(list)
    for room in ("webapp", "trainer", "worker", "fixtures"):
        for path in sorted((root / room).rglob("*")):
            if "tests" in path.parts or path.suffix not in (".py", ".html", ".txt"):
                continue
            read = texts_of_python if path.suffix == ".py" else texts_of_template
            for text in read(path.read_text()):
                found[text].append(str(path.relative_to(root)))
    return found


def key(entry: polib.POEntry) -> Text:
    return Text(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def catalog(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0)


def update(path: Path, found: dict[Text, list[str]]) -> polib.POFile:
    """Make a catalog hold exactly these texts, keeping the translations that are there."""
    file = catalog(path)
    known = {key(entry): entry for entry in file if not entry.obsolete}
    file.clear()
    for text, places in found.items():
        entry = known.get(text) or polib.POEntry(msgid=text.id, msgid_plural=text.plural, msgctxt=text.context or None)
        if text.plural and not entry.msgstr_plural:
            entry.msgstr_plural = {0: ""}
        entry.occurrences = [(place, "") for place in sorted(set(places))]
        entry.flags = ["python-format"] if re.search(r"%\(\w+\)", text.id) else []
        file.append(entry)
    file.save(str(path))
    return file


def compile_catalog(path: Path) -> None:
    """Write the .mo beside a .po."""
    catalog(path).save_as_mofile(str(path.with_suffix(".mo")))


def main(command: str, *paths: str) -> None:
    if command == "update":
        found = all_texts()
        for path in sorted(CATALOGS.glob("*/LC_MESSAGES/django.po")):
            file = update(path, found)
            compile_catalog(path)
            print(f"{path.relative_to(ROOT)}: {len(file)} texts, {len(file.untranslated_entries())} without a translation")
    elif command == "compile":
        for path in paths:
            compile_catalog(Path(path))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
