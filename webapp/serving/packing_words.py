"""What a way to pack a model is called on pages."""

ENGINES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "cuda": "PyTorch (CUDA)", "tensorrt": "TensorRT"}


def engine(name: str) -> str:
    return ENGINES.get(name, name)


def packing(name: str) -> str:
    """openvino-int8-192-t2 in words: OpenVINO int8, 192 px; nothing for the model as it was trained."""
    parts = name.split("-")
    return f"{engine(parts[0])} {parts[1]}, {parts[2]} px" if len(parts) == 4 else ""
