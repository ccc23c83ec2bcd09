"""Whether another network can be had is asked before a run is queued."""

import pytest

from fixtures import stub_hub
from trainer.catalogue import BACKBONES, effort, find
from trainer.config import DEFAULT_BACKBONE, TrainConfig
from webapp.core.errors import UserError
from webapp.training.backbones import check_backbone, environment, home

NAME = "resnet50.a1_in1k"


@pytest.fixture
def hub(settings, tmp_path):
    with stub_hub.running() as running:
        settings.MODEL_HUB_URL, settings.DATA = running.url, tmp_path
        yield running


def refusal(name: str) -> UserError:
    with pytest.raises(UserError) as caught:
        check_backbone(name)
    assert caught.value.field == "backbone"
    return caught.value


def test_a_network_that_the_hub_has_may_be_trained(hub) -> None:
    hub.files[f"timm/{NAME}"] = {"config.json": b"{}"}
    check_backbone(NAME)
    assert hub.requests == [f"GET /timm/{NAME}/resolve/main/config.json"]


def test_the_packaged_network_and_weights_that_are_here_need_no_hub(hub) -> None:
    folder = home() / "hub" / f"models--timm--{NAME}" / "snapshots" / stub_hub.COMMIT
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"x")
    check_backbone(NAME)
    check_backbone(DEFAULT_BACKBONE)
    assert hub.requests == [] and environment()["HF_ENDPOINT"] == hub.url


def test_a_network_that_nobody_knows_is_named(hub) -> None:
    error = refusal("resnet51.a1_in1k")
    assert error.code == "unknown_backbone" and "no network called resnet51.a1_in1k" in str(error)
    assert "which weights are meant" in str(refusal("resnet50"))


def test_without_a_network_it_says_so_and_what_needs_none(settings, tmp_path) -> None:
    settings.MODEL_HUB_URL, settings.DATA = "http://127.0.0.1:9", tmp_path
    error = refusal(NAME)
    assert error.code == "backbone_unreachable" and DEFAULT_BACKBONE in str(error) and "connect this server" in str(error)


def test_the_list_has_every_size_and_its_first_is_the_one_that_is_always_there() -> None:
    assert BACKBONES[0].is_packaged and [backbone.is_packaged for backbone in BACKBONES].count(True) == 1
    assert {backbone.size for backbone in BACKBONES} == {"small", "medium", "large"}
    assert effort(DEFAULT_BACKBONE) == 1.0 and effort("vit_base_patch16_224.augreg_in1k") > 1
    for backbone in BACKBONES:
        assert TrainConfig.from_dict({"preset": "balanced", "backbone": backbone.name}).backbone == find(backbone.name).name
