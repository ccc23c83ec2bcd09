"""Every text that a person may see is there in Japanese, with the same placeholders."""

import re

import polib
import pytest

from deploy.messages import ROOT, Text, all_texts, compile_catalog, key, texts_of_python, texts_of_template, update

CATALOG = ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def japanese() -> dict[Text, polib.POEntry]:
    return {key(entry): entry for entry in polib.pofile(str(CATALOG)) if entry.translated()}


def placeholders(text: str) -> set[str]:
    """%(name)s, %s and {name} in a text."""
    return set(re.findall(r"%(?:\(\w+\))?[sd]|\{\w+\}", text))


def test_every_text_is_there_in_japanese(japanese):
    assert [text.id for text in all_texts() if text not in japanese] == []


def test_no_translation_is_left_of_a_text_that_is_gone(japanese):
    assert set(japanese) - set(all_texts()) == set()


def test_a_translation_has_the_placeholders_of_its_text(japanese):
    for text, entry in japanese.items():
        said = entry.msgstr or entry.msgstr_plural[0]
        assert placeholders(said) == placeholders(text.plural or text.id), text.id


def test_texts_are_found_in_python_and_in_pages():
    python = 'x = _("One" " text"); ngettext("%(n)d cat", "%(n)d cats", n); pgettext("verb", "Train"); other("no"); _(name)'
    assert texts_of_python(python) == [Text("One text"), Text("%(n)d cat", plural="%(n)d cats"), Text("Train", context="verb")]
    page = "{% load i18n %}{% translate 'Hello' %}{% blocktranslate count n=k trimmed %}\n {{ n }} cat{% plural %}{{ n }} cats{% endblocktranslate %}{{ _('Bye') }}<p>No</p>"
    assert set(texts_of_template(page)) == {Text("Hello"), Text("%(n)s cat", plural="%(n)s cats"), Text("Bye")}


def test_update_keeps_translations_brings_new_texts_and_drops_unused_ones(tmp_path):
    file = polib.POFile()
    file.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    file.extend([polib.POEntry(msgid="Hello", msgstr="こんにちは"), polib.POEntry(msgid="Gone", msgstr="なし")])
    path = tmp_path / "django.po"
    file.save(str(path))
    updated = update(path, {Text("Hello"): ["a.py"], Text("%(n)d cat", plural="%(n)d cats"): ["b.html"]})
    assert {entry.msgid: entry.msgstr for entry in updated} == {"Hello": "こんにちは", "%(n)d cat": ""}
    compile_catalog(path)
    assert [entry.msgstr for entry in polib.mofile(str(path.with_suffix(".mo")))] == ["こんにちは"]
