import pytest

from trainer.predict import Prediction
from webapp.serving.answer import answer_of, percent


@pytest.mark.parametrize(("share", "words"), [(0.95, "I am quite sure."), (0.9, "I am quite sure."), (0.75, "I think so."), (0.5, "Perhaps. I am not sure.")])
def test_how_sure_it_is_stands_in_words(share, words) -> None:
    answer = answer_of(Prediction([("cat", share), ("dog", 1 - share)], 1, 2))
    assert (answer["words"], answer["unknown"], answer["ms"]) == (words, False, 3)


def test_whether_it_is_none_of_these_is_the_models_to_say_not_the_confidences() -> None:
    hesitant = answer_of(Prediction([("cat", 0.49), ("dog", 0.31), ("cow", 0.2)], 1, 2))
    assert not hesitant["unknown"] and hesitant["words"] == "I can hardly tell. These are my best guesses."
    assert answer_of(Prediction([("cat", 0.99), ("dog", 0.01)], 1, 2, familiarity=0.01, unknown=True))["unknown"]


@pytest.mark.parametrize(("share", "text"), [(0.004, "0%"), (0.5, "50%"), (0.999, "99%"), (1.0, "100%")])
def test_a_hundred_percent_is_for_what_is_certain(share, text) -> None:
    assert percent(share) == text
