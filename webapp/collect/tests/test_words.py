"""The list of words: what it offers, and that it is in order itself."""

import pytest
from django.utils import translation

from webapp.collect import words


@pytest.mark.parametrize(("typed", "searched"), [("猫", "cat"), ("ねこ", "cat"), ("ﾈｺ", "cat"), ("cat", "cat"), ("Persian cat", "Persian cat"), ("ぬるぽ", "ぬるぽ"), ("クレーン", "クレーン"), ("パー", "open hand palm")])
def test_a_japanese_word_with_one_meaning_is_searched_for_in_english(typed, searched):
    assert words.best(typed) == searched


def test_words_are_offered_for_a_word_and_for_one_that_is_offered_itself():
    for typed in ("猫", "CAT", "kitten"):
        assert [meaning.searches for meaning in words.by_any(typed)] == [("cat", "kitten", "domestic cat", "tabby cat")]
    assert len(words.by_any("crane bird")) == 1 and words.by_any("no such word") == []


def test_a_word_with_several_meanings_has_all_of_them_in_the_language_of_the_page():
    assert [meaning.name for meaning in words.meanings("Crane")] == ["the bird", "the machine"]
    with translation.override("ja"):
        assert [meaning.name for meaning in words.meanings("クレーン")] == ["鳥のツル", "建設機械"]
    assert [meaning.searches[0] for meaning in words.meanings("クレーン")] == ["crane bird", "construction crane"]


def test_what_means_the_same_leaves_out_what_means_something_else_too():
    assert {"猫", "ねこ", "cat", "kitten"} <= set(words.same("cat")) == set(words.same("猫"))
    assert words.same("crane") == ["crane"]
    assert "つる" in words.same("鶴") and "crane" not in words.same("鶴") and "クレーン" not in words.same("鶴")


def test_every_line_of_the_list_has_words_and_every_choice_has_names():
    for meaning in words.read():
        assert meaning.forms and meaning.searches and all(search.isascii() for search in meaning.searches), meaning
    for form, meanings in words.known().items():
        assert len(meanings) == 1 or all(meaning.english and meaning.japanese for meaning in meanings), form
        assert len({meaning.english for meaning in meanings}) == len(meanings), form
    assert len(words.known()) > 700
