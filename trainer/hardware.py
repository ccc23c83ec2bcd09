"""What a run computes with: the device, what people call it, and the number format of its products."""

import torch

# Pictures learned from at one size, from which on it pays that cuDNN plans depthwise convolutions for channels_last: on an H100 with EfficientNet-Lite0 that took
# 9 to 15 s for each size and batch, and a step of 128 pictures then 21 ms instead of 37 (docs/gpu.md).
WORTH_PLANNING = 150_000


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


def memory_format(network: torch.nn.Module, device: torch.device, looks: float) -> torch.memory_format:
    """How pictures lie in memory while a network learns from so many of each size: channels_last, unless a GPU would take longer to prepare for that than it gains."""
    deep = any(isinstance(module, torch.nn.Conv2d) and module.groups > 1 for module in network.modules())
    return torch.contiguous_format if device.type == "cuda" and deep and looks < WORTH_PLANNING else torch.channels_last


def be_exact() -> None:
    """Have GPUs compute 32-bit numbers in 32 bits. With TF32, PyTorch's usual way for convolutions, probabilities were 0.0024 off those that are served; without it 3e-7."""
    torch.backends.cudnn.allow_tf32 = False  # that of matrix products is off by itself


def sent(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the main memory on a device, without waiting for what a GPU is at."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
