"""The network of this folder, run by OpenVINO on the processor."""

import json

import openvino

FILES = ("model.xml", "model.bin")
RESIZE = "resize.onnx"  # makes the square where the network does not
# Of the products: left to itself, OpenVINO rounds to bfloat16 where the processor has it, and answers differ by hundredths.
PRECISION = {"bf16": "bf16", "fp16": "f16"}


def load(folder):
    """A function from a picture (uint8 [height, width, 3]) to probabilities [1, labels] and features [1, D]; these are None for a network that has none."""
    about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": PRECISION.get(about["details"].get("precision"), "f32")}
    square = maker_of_squares(folder / RESIZE) if (folder / RESIZE).exists() else lambda picture: picture
    compiled = core.compile_model(core.read_model(folder / FILES[0]), "CPU", settings)
    places = {output.any_name: place for place, output in enumerate(compiled.outputs)}
    request = compiled.create_infer_request()

    def ask(picture):
        request.infer([square(picture)])
        found = {name: request.get_output_tensor(place).data.copy() for name, place in places.items()}
        return found["probabilities"], found.get("features")

    return ask


def maker_of_squares(path):
    """A function from a picture to what a network takes that does not resize."""
    import onnxruntime  # here, since most networks for OpenVINO need no second engine

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda picture: session.run(None, {"picture": picture})[0]
