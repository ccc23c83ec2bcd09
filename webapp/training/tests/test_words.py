import pytest
from django.utils import translation

from trainer import config
from webapp.training import words
from webapp.training.report import hardest, heat, matrix


@pytest.mark.parametrize(("share", "text"), [(0, "0%"), (0.001, "1%"), (0.5, "50%"), (0.899, "90%"), (0.999, "99%"), (1, "100%")])
def test_only_all_is_100_percent_and_only_nothing_is_0(share, text) -> None:
    assert words.percent(share) == text


@pytest.mark.parametrize(("seconds", "text"), [(None, ""), (0, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (100, "1 min 40 s"), (-3, "0 s")])
def test_times_are_said_in_minutes_and_seconds(seconds, text) -> None:
    assert words.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [
    (0.2, "about 1 s"), (7.4, "about 7 s"), (38, "about 40 s"), (89, "about 90 s"), (100, "about 2 min"), (3600, "about 60 min"), (9000, "about 2 h"),
])
def test_a_forecast_is_said_as_exactly_as_it_is_known(seconds, text) -> None:
    assert words.about(seconds) == text


def test_what_the_trainer_refuses_is_said_with_the_title_of_the_option() -> None:
    with pytest.raises(config.ConfigError) as caught:
        config.check("epochs", 0)
    assert words.refusal(caught.value, field="エポック") == "エポック must be a whole number from 1 to 1000."


def test_every_option_on_the_form_is_one_of_the_trainer_and_every_choice_has_a_word() -> None:
    options = {option["name"]: option for option in config.describe()}
    assert set(words.OPTIONS) <= set(options)
    assert {choice for name in words.OPTIONS for choice in options[name].get("choices", ())} <= set(words.CHOICES)
    assert set(words.PRESET_NAMES) - {"auto"} == set(config.PRESETS)


def test_the_words_of_the_live_page_keep_their_places_in_every_language() -> None:
    for language in ("en", "ja"):
        with translation.override(language):
            for name, text in words.live_words().items():
                assert set(_places(text)) == set(_places(words.LIVE[name]))


def _places(text: str) -> list[str]:
    return [part.split("}")[0] for part in text.split("{")[1:]]


def test_cells_are_coloured_by_their_share_of_the_row() -> None:
    assert [heat(0, 9, is_hit=True), heat(9, 9, is_hit=True), heat(5, 9, is_hit=True)] == ["0", "full", "hit"]
    assert [heat(0, 9, is_hit=False), heat(1, 9, is_hit=False), heat(3, 9, is_hit=False)] == ["0", "2", "3"]


def test_the_hardest_label_is_the_weakest_that_was_tested_and_strong_ones_are_left_alone() -> None:
    labels = [{"name": name, "recall": recall, "support": support} for name, recall, support in (("a", 0.7, 9), ("b", 0.5, 4), ("c", 0.0, 0), ("d", 0.9, 9))]
    assert hardest(labels)["name"] == "b" and hardest(labels[3:]) is None
    assert [[cell["count"] for cell in row["cells"]] for row in matrix(labels[:2], [[1, 2], [3, 4]])] == [[1, 2], [3, 4]]
