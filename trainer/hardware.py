"""What a run computes with: the device, what people call it, and the number format of its products."""

import torch


def device_of(name: str, rank: int = 0) -> torch.device:
    """The torch device of the `devices` option: auto takes CUDA where there is one, and with a number each process has its own."""
    if name.isdecimal():
        name = f"cuda:{rank}" if torch.cuda.is_available() else "cpu"
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def mixed_precision(precision: str, device: torch.device) -> torch.dtype:
    """The number format of a step's products; the weights stay in 32 bits. auto: 16 bits where the device computes in them, which an emulation does not."""
    if precision != "auto":
        return getattr(torch, precision)
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    # Without tile registers bfloat16 is no faster on a CPU (0.73 against 0.78 s for a step of 32 pictures, measured) and less exact.
    return torch.bfloat16 if torch.cpu._is_amx_tile_supported() else torch.float32


def name_of(device: torch.device, count: int = 1) -> str:
    """What a person calls a device: cpu, or the name of the GPU; "cpu × 2" for two processes."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return name if count == 1 else f"{name} × {count}"
