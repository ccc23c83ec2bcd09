import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from trainer import graph
from trainer.backbones import build
from trainer.bundle import write_bundle
from trainer.config import DEFAULT_BACKBONE
from trainer.embed import ensure_embedder
from trainer.heatmap import MOST_PLACES, Heater, HeatError, coarser, normalised, seen, split
from trainer.networks import normaliser, set_head
from trainer.pixels import decode

LABELS = ["berry", "leaf", "sky"]
SIDE = 12


@pytest.fixture(scope="module")
def head():
    return np.random.default_rng(3).normal(0, 0.05, (len(LABELS), 1281)).astype(np.float32)


def bundle_of(folder, *parts):
    return write_bundle(folder, model=graph.chain(*parts).SerializeToString(), labels=LABELS, input_size=SIDE)


def real_bundle(folder, cache_dir, head):
    """A bundle as a quick training leaves it, which gives its vector beside the answer."""
    model = graph.with_features(graph.chain(onnx.load(ensure_embedder(cache_dir)), graph.head_model(head[:, :-1], head[:, -1])), 1280)
    return write_bundle(folder, model=model.SerializeToString(), labels=LABELS, input_size=224)


def small(*nodes, size=3, **constants):
    """A model from `pixels` to `features` [1, size] by some nodes."""
    ends = [helper.make_tensor_value_info(*one) for one in (("pixels", TensorProto.FLOAT, [1, 3, SIDE, SIDE]), ("features", TensorProto.FLOAT, [1, size]))]
    values = [onnx.numpy_helper.from_array(np.array(value), name) for name, value in constants.items()]
    body = helper.make_graph(list(nodes), "small", ends[:1], ends[1:], values)
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", graph.OPSET)], ir_version=graph.IR_VERSION)


def pooled(*more, **constants):
    return small(helper.make_node("ReduceMean", ["pixels", "axes"], ["features" if not more else "mean"], keepdims=0), *more, axes=[2, 3], **constants)


def gradcam(network, picture):
    """Selvaraju et al. 2017 by its own definition: gradients by autograd, averaged over the places, times the maps. [labels, h, w]."""
    height, width = picture.shape[:2]
    left, top, right, bottom = seen(width, height)
    middle = torch.from_numpy(picture[top:bottom, left:right].copy()).permute(2, 0, 1)[None].float()
    pixels = torch.nn.functional.interpolate(middle, size=(224, 224), mode="bilinear", antialias=True)
    with torch.no_grad():
        maps = network.forward_features(normaliser(network, "cpu")(pixels))
    maps.requires_grad_()
    scores = network.forward_head(maps)[0]
    weights = [torch.autograd.grad(score, maps, retain_graph=True)[0].mean(dim=(2, 3), keepdim=True) for score in scores]
    return torch.cat([(weight * maps).sum(dim=1) for weight in weights]).detach().numpy()


def test_it_agrees_with_the_gradients_of_torch_on_the_real_network(drawn, cache_dir, head, tmp_path):
    network = build(DEFAULT_BACKBONE, len(LABELS)).eval()
    set_head(network, head)
    picture = decode(drawn / "leaf" / "1.jpg")
    wanted, got = gradcam(network, picture), Heater(real_bundle(tmp_path / "bundle", cache_dir, head)).slopes(picture)
    wanted = wanted * wanted[0].size  # its mean over the places is what pooling divides by
    assert got.shape == wanted.shape == (3, 7, 7)
    assert np.abs(got - wanted).max() < 2e-3 * np.abs(wanted).max()


def test_the_map_is_where_the_colour_is(tmp_path):
    heater = Heater(bundle_of(tmp_path / "bundle", graph.resize_model(SIDE), pooled(), graph.head_model(np.eye(3), np.zeros(3))))
    picture = np.zeros((48, 48, 3), np.uint8)
    picture[:24, 24:, 0] = 255  # red, above on the right
    red, green, _blue = normalised(heater.slopes(picture))
    assert red[:5, 7:].min() > 0.99 and red[7:].max() < 0.01 and red[:, :5].max() < 0.01
    assert green.max() == 0


def test_a_large_map_is_looked_at_in_at_most_twenty_places_a_side():
    maps = np.arange(2 * 41 * 20, dtype=np.float32).reshape(2, 41, 20)
    small = coarser(maps)
    assert small.shape == (2, 14, 20) and max(small.shape[1:]) <= MOST_PLACES
    assert np.allclose(small[1, 0], maps[1, :3].mean(axis=0)) and np.allclose(small[1, 13], maps[1, 39:].mean(axis=0))
    assert np.array_equal(coarser(maps[:, :20]), maps[:, :20])


def test_layers_behind_the_pooling_and_a_temperature_are_part_of_the_score(tmp_path):
    squared = helper.make_node("Mul", ["mean", "mean"], ["features"])
    scores = graph.head_model(np.diag([1.0, -1.0, 0.0]), np.zeros(3))
    scores.graph.node[1].input[0] = "cool"
    scores.graph.node.insert(1, helper.make_node("Div", ["logits", "temperature"], ["cool"]))
    scores.graph.initializer.append(onnx.numpy_helper.from_array(np.array(4, np.float32), "temperature"))
    heater = Heater(bundle_of(tmp_path / "bundle", graph.resize_model(SIDE), pooled(squared), scores))
    picture = np.full((SIDE, SIDE, 3), 100, np.uint8)
    slopes = heater.slopes(picture)  # of p * p / 4 in the direction of p
    assert np.allclose(slopes[0], 2 * 100 * 100 / 4, rtol=1e-3)
    assert np.allclose(slopes[1], -slopes[0], rtol=1e-3) and np.abs(slopes[2]).max() < 1e-3


def test_a_network_that_does_not_pool_maps_is_refused():
    flat = small(helper.make_node("ReduceMax", ["pixels", "axes"], ["features"], keepdims=0), axes=[2, 3])
    model = graph.chain(graph.resize_model(SIDE), flat, graph.head_model(np.eye(3), np.zeros(3)))
    with pytest.raises(HeatError, match="keeps no map"):
        split(model)


def test_two_ways_to_the_scores_are_refused():
    biggest = helper.make_node("ReduceMax", ["pixels", "axes"], ["most"], keepdims=0)
    both = helper.make_node("Add", ["mean", "most"], ["features"])
    with pytest.raises(HeatError):
        split(graph.chain(graph.resize_model(SIDE), pooled(biggest, both), graph.head_model(np.eye(3), np.zeros(3))))


@pytest.mark.parametrize(("size", "part"), [((100, 100), (0, 0, 100, 100)), ((200, 100), (40, 0, 160, 100)), ((100, 300), (0, 90, 100, 210))])
def test_what_is_seen_is_the_middle_six_to_five(size, part):
    assert seen(*size) == part
