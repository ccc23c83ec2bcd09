"""What a format is, in which a model can be taken away."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.utils.functional import Promise

from trainer.manifest import Row

EDITION = 2  # raised when what is put into ZIPs changes: those that were made before are made anew when somebody asks


@dataclass(frozen=True)
class Facts:
    """What a format may say about a model, and the pictures that it may need.

    rows: pictures that the model learned from and was tested with, some hundred of each spread over the labels; only for what a worker makes.
    """

    name: str  # of the project
    run: str  # title of the run
    labels: Sequence[str]  # in the order of the output
    accuracy: float  # on unseen pictures, from 0 to 1
    input_size: int
    keep: float  # see `serving.Model.keep`
    created: str  # when the model was made, ISO 8601
    licences: str  # the content of LICENCES.md, which lies in every ZIP
    otherwise: str = ""  # what answers on the page in place of the model as it was trained, which this ZIP is made of, such as "openvino int8"
    rows: Sequence[Row] = ()

    @property
    def training(self) -> list[Path]:
        """Files of pictures that it learned from."""
        return [Path(row.path) for row in self.rows if row.split == "train"]

    @property
    def unseen(self) -> list[Path]:
        """Files of pictures that it was tested with."""
        return [Path(row.path) for row in self.rows if row.split == "val"]


class Format(ABC):
    """A way to take a model away: a folder is built, held against the page's answers, and packed as a ZIP."""

    key: str  # in addresses and in the API
    title: str | Promise
    purpose: str | Promise  # one sentence: what it is for
    by_worker = True  # whether making it takes longer than an answer may; what does not is made when it is asked for
    script = "predict.py"  # where in the folder the script is that answers `--json picture ...` with a line of JSON for each; "" where none can be run here
    inside = ""  # the file that the golden pictures are in, where they are no files of their own
    engine, precision = "onnxruntime", "fp32"  # what its network is made for
    taken: tuple[str, ...] = ("fp32",)  # where the model in use is packed for the same engine in one of these number formats, that goes as it is, with its answers
    speaks = False  # whether it says something in the language of whoever asked for it

    @property
    def exact(self) -> bool:
        """Whether it must answer within 0.001 of the page; else its best answer must be the same on 98 of 100 pictures."""
        return self.precision == "fp32"

    @abstractmethod
    def build(self, bundle: Path, out: Path, facts: Facts, check: Callable[[], None]) -> None:
        """Write everything but LICENCES.md into the empty folder `out`. `bundle` is the model's folder; do not change it.

        check() is to be called between steps: it raises when a person stopped it. Raises UserError with a sentence and a next step where this model cannot be made so.
        """
