"""What runs a network: each engine where it says it is, or not at all; and as many questions at once as the machine has room for."""

import os

import pytest
import torch

from trainer import engines
from trainer.bundle import read_network
from trainer.engines import tensor_rt
from trainer.predict import Predictor
from trainer.sentences import Refusal
from trainer.tests.tiny import tiny_bundle


@pytest.fixture(scope="module")
def model(drawn, tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle", [(path, path.parent.name) for path in sorted(drawn.glob("*/*.jpg"))])


def test_pytorch_is_on_the_processor_also_beside_a_gpu(model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    network = engines.load("torch", "fp32", read_network(model)[1], 1)
    assert network._device == torch.device("cpu")


def test_cuda_without_a_gpu_that_pytorch_can_use_is_refused(model, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(Refusal, match="PyTorch with CUDA"):
        engines.load("cuda", "fp32", read_network(model)[1], 1)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_tensorrt_that_is_named_and_cannot_be_loaded_is_refused(model, monkeypatch):
    monkeypatch.setattr(tensor_rt.onnxruntime, "get_available_providers", lambda: ["TensorrtExecutionProvider"])
    with pytest.raises(Refusal, match="TensorRT is not there"):
        engines.load("tensorrt", "fp32", read_network(model)[1], 1)


@pytest.mark.parametrize("cores, threads, lines", [(8, 2, 4), (8, 1, 8), (2, 2, 1), (1, 2, 1)])
def test_a_machine_looks_at_as_many_pictures_at_once_as_its_cores_allow(model, monkeypatch, cores, threads, lines):
    asked, load = [], engines.load
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(engines, "load", lambda *how: asked.append(how[3:]) or load(*how))
    Predictor(model, threads)
    assert asked == [(threads, lines)]
