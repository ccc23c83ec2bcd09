"""Ask this model what it sees: python predict.py [--json] picture.jpg [more pictures]

Needs what requirements.txt names. Resizing and normalising are inside the network: it takes the upright RGB pixels of a picture of any size.
Pictures are read by pixels.py, the very file that the place uses where the model was made.
"""

import json
import sys
from pathlib import Path

from network import load
from novelty import KEEP, Novelty, is_unknown
from pixels import PictureError, decode

HERE = Path(__file__).resolve().parent
SHOWN = 5


class Model:
    """The model of a folder, ready to be asked."""

    def __init__(self, folder=HERE):
        self.about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
        self.labels, self.keep = self.about["labels"], self.about.get("keep", KEEP)
        self._network = load(folder)
        self._novelty = Novelty.read(folder / "novelty.npz") if self.about.get("novelty_sha256") else None

    def ask(self, picture):
        """{"answer": {label: confidence from 0 to 1}, "familiarity": 0 to 1 (see novelty.py), "unknown": none of these} for a JPG or PNG file (path or bytes).

        Raises PictureError.
        """
        return self.look(decode(picture, self.about["input_size"]))

    def look(self, pixels):
        """The same for upright RGB pixels, uint8 [height, width, 3]."""
        probabilities, features = self._network(pixels)
        familiarity = float(self._novelty.familiarity(features, probabilities)[0]) if self._novelty else 1.0
        answer = dict(zip(self.labels, map(float, probabilities[0])))
        return {"answer": answer, "familiarity": familiarity, "unknown": bool(is_unknown(familiarity, self.keep))}


def line(name, said):
    """What is said about a picture, in a line for people."""
    best = sorted(said["answer"].items(), key=lambda pair: -pair[1])[:SHOWN]
    return "\t".join([name, *["none of these"] * said["unknown"], *(f"{label} {confidence:.1%}" for label, confidence in best)])


def main(arguments):
    """Print a line for each picture; gives the number of those that could not be read."""
    as_json = "--json" in arguments
    names = [name for name in arguments if name != "--json"]
    if not names:
        sys.exit(__doc__)
    model, failed = Model(), 0
    for name in names:
        try:
            said = model.ask(name)
        except PictureError as error:
            failed += 1
            print(json.dumps({"file": name, "error": str(error)}) if as_json else f"{name}\t{error}", flush=True)
            continue
        print(json.dumps({"file": name, **said}) if as_json else line(name, said), flush=True)
    return failed


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # labels may be in any script, whatever this terminal holds for usual
    sys.exit(1 if main(sys.argv[1:]) else 0)
