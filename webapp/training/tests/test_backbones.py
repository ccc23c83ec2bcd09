"""Whether another network can be had is asked before a run is queued."""

import os
import time
from contextlib import nullcontext
from http.client import HTTPMessage

import pytest

from fixtures import stub_hub
from trainer.catalogue import BACKBONES, effort, find
from trainer.config import DEFAULT_BACKBONE, TrainConfig
from webapp.core.errors import UserError
from webapp.core.outgoing import Response
from webapp.projects.models import Project
from webapp.training.backbones import check_backbone, check_size, environment, folder_of, home, sweep
from webapp.training.models import Run

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
    hub.files[f"timm/{NAME}"] = {"model.safetensors": b"x"}
    check_backbone(NAME)
    assert hub.requests == [f"HEAD /timm/{NAME}/resolve/main/model.safetensors"]


def test_the_packaged_network_and_weights_that_are_here_need_no_hub(hub) -> None:
    folder = home() / "hub" / f"models--timm--{NAME}" / "snapshots" / stub_hub.COMMIT
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"x")
    check_backbone(NAME)
    check_backbone(DEFAULT_BACKBONE)
    assert hub.requests == [] and environment()["HF_ENDPOINT"] == hub.url


def test_weights_that_are_too_large_or_not_safe_to_load_are_refused_before_a_run_is_queued(hub, settings) -> None:
    settings.BACKBONE_MB = 1
    hub.files[f"timm/{NAME}"] = {"model.safetensors": bytes(1_000_000)}
    check_backbone(NAME)
    hub.files[f"timm/{NAME}"] = {"model.safetensors": bytes(1_000_001)}
    error = refusal(NAME)
    assert error.code == "backbone_too_large" and "at most 1 MB" in str(error)
    hub.files[f"timm/{NAME}"] = {"pytorch_model.bin": b"x", "config.json": b"{}"}
    assert refusal(NAME).code == "unsafe_backbone"


def test_the_size_of_weights_that_are_on_another_host_is_what_the_hub_says_of_them() -> None:
    for size, fits in (("500000000", True), ("500000001", False), ("", False), ("1e3", False)):
        headers = HTTPMessage()
        headers["Content-Length"], headers["X-Linked-Size"] = "12", size
        with nullcontext() if fits else pytest.raises(UserError):
            check_size(NAME, Response(302, headers, b"", ""))


@pytest.mark.django_db
def test_weights_that_nobody_has_used_for_a_month_are_swept_but_not_those_of_a_live_run(settings, tmp_path, django_user_model) -> None:
    settings.DATA = tmp_path
    owner = django_user_model.objects.create_user("owner@example.org")
    Run.objects.create(project=Project.objects.create(owner=owner, name="Animals"), config={"backbone": "waits"})
    for name in ("waits", "old", "new", "used"):
        weights = folder_of(name) / "snapshots" / stub_hub.COMMIT / "model.safetensors"
        weights.parent.mkdir(parents=True)
        weights.write_bytes(b"x")
        os.utime(folder_of(name), (0, time.time() - (29 if name == "new" else 31) * 86400))
    check_backbone("used")
    sweep()
    assert {path.name for path in folder_of("").parent.iterdir()} == {f"models--timm--{name}" for name in ("waits", "new", "used")}


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
