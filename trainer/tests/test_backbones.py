"""Weights of other networks come from the model hub, as safetensors and nothing else."""

import time

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save

from fixtures import stub_hub
from trainer import networks
from trainer.backbones import WEIGHTS, BackboneError, build
from trainer.catalogue import BACKBONES
from trainer.networks import vector_length

NAME = "test_resnet.r160_in1k"  # half a megabyte


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with stub_hub.running() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path))
        yield running


def test_weights_are_fetched_once_and_are_those_of_the_network(hub):
    network = timm.create_model(NAME, pretrained=False)
    hub.files[f"timm/{NAME}"] = {WEIGHTS: save(network.state_dict())}
    built = build(NAME, 3)
    wanted = network.state_dict()
    assert all(np.array_equal(value, wanted[name]) for name, value in built.state_dict().items() if "fc." not in name)
    assert built.get_classifier().out_features == 3
    asked = len(hub.requests)
    build(NAME, 2)
    assert len(hub.requests) == asked


def test_a_pickle_is_never_loaded(hub):
    hub.files[f"timm/{NAME}"] = {"pytorch_model.bin": b"cos\nsystem\n(S'true'\ntR."}
    with pytest.raises(BackboneError, match="could not be fetched"):
        build(NAME, 2)
    assert not any("pytorch_model" in asked for asked in hub.requests)


def test_without_a_network_it_is_said_soon_and_with_a_next_step(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(BackboneError, match="Use efficientnet_lite0, which is there without a network"):
        build(NAME, 2)
    assert time.monotonic() - started < 15
    with pytest.raises(BackboneError, match="no network called resnet51"):
        build("resnet51", 2)


def test_the_list_says_what_timm_says():
    for backbone in BACKBONES[1:]:
        config = timm.get_pretrained_cfg(backbone.name)
        assert config.hf_hub_id == f"timm/{backbone.name}" and config.license.lower() == backbone.license.lower()
        assert config.input_size == (3, backbone.input_size, backbone.input_size)


def test_the_length_of_a_vector_is_that_of_what_the_last_layer_sees():
    network = timm.create_model("mobilenetv3_large_100", pretrained=False, num_classes=3).eval()
    with torch.inference_mode():
        vector = network.forward_head(network.forward_features(torch.zeros(1, 3, 64, 64)), pre_logits=True)
    assert vector_length(network) == vector.shape[1] == 1280 != network.num_features


def test_a_network_that_takes_one_size_alone_is_refused_with_another(monkeypatch):
    monkeypatch.setattr(networks, "build", lambda name, classes: timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=classes))
    with pytest.raises(BackboneError, match="224 pixels alone. Set image_size to 224"):
        networks.trainable("vit", 2, 64)
    assert networks.trainable("vit", 2, 224).num_classes == 2
