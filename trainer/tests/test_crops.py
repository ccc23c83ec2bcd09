"""A batch varied at once is varied as torchvision varies its pictures one by one."""

import pytest
import torch
from torchvision.transforms.v2 import RandomResizedCrop
from torchvision.transforms.v2 import functional as F

from trainer.augment import RATIO, SCALE
from trainer.crops import blended, cropped, pieces, sampling, tinted

CANVAS = 96


@pytest.fixture
def pictures() -> torch.Tensor:
    rough = torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 255
    return F.resize(rough, [CANVAS, CANVAS], antialias=True).round().to(torch.uint8)


@pytest.mark.parametrize("size", [40, 84, 120])
def test_a_piece_is_resized_as_torchvision_does_it(pictures, size: int) -> None:
    spots = torch.tensor([[0, 0, 96, 96], [5, 9, 70, 66], [31, 2, 65, 80], [20, 20, 30, 33]], dtype=torch.float32)
    tops, lefts, heights, widths = spots.unbind(1)
    got = sampling(tops, heights, size, CANVAS)[:, None] @ pictures.float() @ sampling(lefts, widths, size, CANVAS)[:, None].transpose(2, 3)
    for picture, spot, mine in zip(pictures, spots.int().tolist(), got, strict=True):
        assert (F.resized_crop(picture.float(), *spot, [size, size], antialias=True) - mine).abs().max() < 0.01


def test_pieces_lie_inside_and_are_as_large_and_as_wide_as_torchvisions() -> None:
    torch.manual_seed(0)
    mine = pieces(4000, CANVAS, SCALE, RATIO)
    theirs = torch.tensor([[crop[name] for name in ("top", "left", "height", "width")] for _ in range(4000)
                           for crop in [RandomResizedCrop(64, SCALE, RATIO).make_params([torch.zeros(3, CANVAS, CANVAS)])]], dtype=torch.float32)
    assert (mine[:, :2] >= 0).all() and (mine[:, :2] + mine[:, 2:] <= CANVAS).all()
    assert (mine.mean(dim=0) - theirs.mean(dim=0)).abs().max() < 1 and (mine.std(dim=0) - theirs.std(dim=0)).abs().max() < 1


def test_half_of_the_pictures_are_mirrored(pictures) -> None:
    torch.manual_seed(0)
    whole = cropped(pictures[:1].repeat(200, 1, 1, 1), CANVAS, (1.0, 1.0), (1.0, 1.0))
    kept, mirrored = ((whole - wanted.float()).abs().amax(dim=(1, 2, 3)) < 0.01 for wanted in (pictures[0], pictures[0].flip(2)))
    assert (kept ^ mirrored).all() and 70 < int(mirrored.sum()) < 130


@pytest.mark.parametrize(("which", "adjust"), [(0, F.adjust_brightness), (1, F.adjust_contrast), (2, F.adjust_saturation)])
def test_a_tint_is_torchvisions(pictures, which: int, adjust) -> None:
    for picture, amount in zip(pictures, (0.8, 0.95, 1.1, 1.2), strict=True):
        got = blended(picture[None].float(), torch.tensor(amount), torch.tensor(which))[0]
        assert (adjust(picture.float() / 255, amount) * 255 - got).abs().max() < 0.01


def test_each_picture_is_tinted_in_its_own_way(pictures) -> None:
    torch.manual_seed(0)
    tints = tinted(pictures[:1].float().repeat(8, 1, 1, 1), 0.2, 0.2, 0.2)
    assert len({round(float(value), 3) for value in tints.mean(dim=(1, 2, 3))}) == 8 and tints.min() >= 0 and tints.max() <= 255
