"""The network of this folder, run by onnxruntime."""

import onnxruntime

FILES = ("model.onnx",)


def load(folder):
    """A function from a picture (uint8 [height, width, 3]) to probabilities [1, labels] and features [1, D]; these are None for a network that has none."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    wanted = [name for name in ("probabilities", "features") if name in names]

    def ask(picture):
        probabilities, *features = session.run(wanted, {"picture": picture})
        return probabilities, features[0] if features else None

    return ask
