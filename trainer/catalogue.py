"""The networks that are offered to start from: their size, their speed and where their weights come from. Nothing here loads torch."""

from dataclasses import dataclass

from trainer.config import DEFAULT_BACKBONE

SMALL, MEDIUM, LARGE = "small", "medium", "large"


@dataclass(frozen=True)
class Backbone:
    """A pretrained network by its name in timm.

    millions: its parameters. megabytes: its weights, to be fetched once. effort: the time of a training step beside that of the default, on a CPU.
    input_size: pixels, width and height, that it was pretrained with. license: of its weights.
    """

    name: str
    title: str
    size: str
    millions: float
    megabytes: int
    effort: float
    input_size: int
    license: str

    @property
    def is_packaged(self) -> bool:
        """Whether its weights are there without a network."""
        return self.name == DEFAULT_BACKBONE


# Weights that may be used for anything. Efforts were measured side by side, forward and backward at 224 px, 16 pictures, float32, channels_last, 2 cores.
BACKBONES = (
    Backbone(DEFAULT_BACKBONE, "EfficientNet-Lite0", SMALL, 4.7, 19, 1.0, 224, "Apache-2.0"),
    Backbone("mobilenetv3_large_100.ra_in1k", "MobileNetV3 Large", SMALL, 5.5, 22, 0.8, 224, "Apache-2.0"),
    Backbone("efficientnetv2_rw_t.ra2_in1k", "EfficientNetV2 Tiny", MEDIUM, 13.6, 55, 2.3, 224, "Apache-2.0"),
    Backbone("resnet50.a1_in1k", "ResNet-50", MEDIUM, 25.6, 102, 3.1, 224, "Apache-2.0"),
    Backbone("convnext_tiny.in12k_ft_in1k", "ConvNeXt Tiny", LARGE, 28.6, 114, 6.7, 224, "Apache-2.0"),
)
EFFORT_UNKNOWN = 3.0  # of a network that is not listed


def find(name: str) -> Backbone | None:
    """The listed network of this name."""
    return next((backbone for backbone in BACKBONES if backbone.name == name), None)


def effort(name: str) -> float:
    """How long a step of a network takes beside the default's; a guess for one that is not listed."""
    listed = find(name)
    return listed.effort if listed else EFFORT_UNKNOWN
