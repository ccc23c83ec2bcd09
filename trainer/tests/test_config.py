import pytest

from trainer.config import PRESETS, ConfigError, TrainConfig, check, describe


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_survives_the_way_to_plain_values_and_back(preset):
    config = TrainConfig.from_dict({"preset": preset})
    assert config.preset == preset
    assert TrainConfig.from_dict(config.to_dict()) == config


def test_a_preset_fills_in_its_own_defaults_and_what_is_given_wins():
    assert TrainConfig.from_dict({}).epochs == 50
    accurate = TrainConfig.from_dict({"preset": "accurate", "batch_size": "16"})
    assert (accurate.epochs, accurate.batch_size) == (12, 16)


@pytest.mark.parametrize(("values", "field", "sentence"), [
    ({"epoch": 3}, "epoch", "epoch is not an option of training."),
    ({"epochs": 0}, "epochs", "epochs must be a whole number from 1 to 1000."),
    ({"epochs": 2.5}, "epochs", "epochs must be a whole number from 1 to 1000."),
    ({"epochs": True}, "epochs", "epochs must be a whole number"),
    ({"epochs": None}, "epochs", "epochs must be a whole number"),
    ({"learning_rate": "fast"}, "learning_rate", "learning_rate must be a number from 0.000001 to 10."),
    ({"learning_rate": "nan"}, "learning_rate", "learning_rate must be a number"),
    ({"seed": 10**400}, "seed", "seed must be a whole number"),
    ({"preset": "best"}, "preset", "preset must be one of quick, balanced, accurate."),
    ({"preset": ["quick"]}, "preset", "preset must be one of"),
    ({"backbone": "../etc/passwd"}, "backbone", "backbone must be a name such as efficientnet_lite0."),
    ({"backbone": "resnet18"}, "backbone", "backbone must be efficientnet_lite0 with preset quick."),
    ({"image_size": 320}, "image_size", "image_size must be 224 with preset quick."),
    ({"devices": "tpu"}, "devices", "devices must be a name such as"),
])
def test_a_refused_option_is_named_in_a_sentence(values, field, sentence):
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_dict(values)
    assert caught.value.field == field
    assert str(caught.value).startswith(sentence)


def test_what_is_refused_can_be_said_in_another_language():
    with pytest.raises(ConfigError) as caught:
        check("epochs", 5000)
    error = caught.value
    assert (error.text, error.values) == ("%(field)s must be a whole number from %(low)s to %(high)s.", {"field": "epochs", "low": 1, "high": 1000})
    assert str(error) == error.text % error.values and check("epochs", "7") == 7


def test_every_option_explains_itself():
    assert all(option["help"].endswith(".") for option in describe())
    assert {option["name"] for option in describe()} >= {"epochs", "patience", "augment", "class_weights", "devices"}
