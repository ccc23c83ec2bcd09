import pytest

from trainer.advice import LONGEST, Forecast, Machine, Past, advise
from trainer.config import ConfigError, TrainConfig

TWO_CORES, SIXTEEN, GPU = Machine(2, False), Machine(16, False), Machine(16, True)


def forecast(pictures: int, machine: Machine = TWO_CORES, past: tuple = ()) -> Forecast:
    return Forecast(pictures * 9 // 10, pictures // 10, machine, past)


def settings(preset: str, **values) -> TrainConfig:
    return TrainConfig.from_dict({"preset": preset, **values})


@pytest.mark.parametrize(("pictures", "machine", "preset"), [
    (100, TWO_CORES, "balanced"), (600, TWO_CORES, "balanced"), (100_000, TWO_CORES, "quick"), (600, GPU, "accurate"), (20, GPU, "balanced"),
])
def test_the_most_accurate_way_that_is_affordable_is_chosen(pictures, machine, preset):
    advice = advise({}, forecast(pictures, machine))
    assert advice.preset == preset
    assert advice.seconds == forecast(pictures, machine).seconds(settings(preset, epochs=advice.epochs))
    assert advice.values["pictures"] == pictures // 10 + pictures * 9 // 10


def test_fewer_epochs_make_many_pictures_affordable_before_the_quick_way_is_taken():
    usual = settings("balanced").epochs
    many = next(count for count in range(600, 20_000, 100) if forecast(count).seconds(settings("balanced")) > LONGEST)
    advice = advise({}, forecast(many))
    assert advice.preset == "balanced" and 2 <= advice.epochs < usual and advice.seconds <= LONGEST
    assert "fewer epochs" in advice.reason


def test_epochs_that_a_person_chose_are_kept_even_if_that_makes_it_quick():
    assert advise({"epochs": 3}, forecast(600)).epochs == 3
    long = advise({"epochs": 900}, forecast(600))
    assert (long.preset, long.epochs) == ("quick", 900) and long.values["instead"] > LONGEST


def test_a_network_that_quick_cannot_have_is_trained_in_full_however_long_it_takes():
    advice = advise({"backbone": "resnet50.a1_in1k"}, forecast(9_000))
    assert advice.preset == "balanced" and advice.seconds > LONGEST
    with pytest.raises(ConfigError):
        advise({"epochs": "many"}, forecast(600))


def test_more_pictures_epochs_and_pixels_take_longer_and_more_cores_or_a_gpu_less():
    usual = forecast(600).seconds(settings("accurate"))
    assert forecast(1200).seconds(settings("accurate")) > usual
    assert forecast(600).seconds(settings("accurate", epochs=99)) > usual
    assert forecast(600).seconds(settings("accurate", image_size=320)) > usual
    assert forecast(600, SIXTEEN).seconds(settings("accurate")) < usual
    assert forecast(600, GPU).seconds(settings("accurate")) < forecast(600, SIXTEEN).seconds(settings("accurate"))
    assert forecast(600, GPU).seconds(settings("accurate", devices="cpu")) == forecast(600, SIXTEEN).seconds(settings("accurate"))


def test_runs_of_the_past_correct_the_forecast_by_their_median():
    config = settings("balanced")
    plain = forecast(600).seconds(config)
    slow = [Past(config, 540, 60, False, config.epochs, plain * factor) for factor in (2, 2, 90)]
    assert forecast(600, past=slow).seconds(config) == pytest.approx(2 * plain)
    assert forecast(600, past=slow).seconds(settings("quick")) == forecast(600).seconds(settings("quick"))
    other_network = Past(settings("balanced", backbone="resnet50.a1_in1k"), 540, 60, False, 4, 9999.0)
    assert forecast(600, past=[*slow, other_network]).seconds(config) == pytest.approx(2 * plain)


def test_what_is_kept_with_a_run_is_plain():
    kept = advise({}, forecast(600)).to_dict()
    assert set(kept) == {"preset", "epochs", "reason", "values"} and set(kept["values"]) == {"pictures", "seconds"}


@pytest.mark.parametrize(("preset", "measured"), [("quick", 6.5), ("balanced", 15.7), ("accurate", 27.2)])
def test_a_run_on_a_machine_with_a_gpu_is_foretold_about_as_it_was_measured(preset, measured):
    assert measured / 2 < Forecast(450, 50, GPU).seconds(settings(preset)) < measured * 1.5
