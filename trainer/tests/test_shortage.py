import pytest
import torch

from trainer.child import explain
from trainer.shortage import is_out_of_memory

# What an H100 and the machine that it was in said, word for word, when something else held the rest of their memory.
SAID = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 34.00 MiB. GPU 0 has a total capacity of 79.18 GiB of which 24.62 MiB is free."),
    torch.AcceleratorError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
    MemoryError(),
    RuntimeError("could not create a primitive"),
]


@pytest.mark.parametrize("error", SAID, ids=lambda error: type(error).__name__)
def test_memory_that_runs_out_is_understood_in_everybodys_words(error):
    assert is_out_of_memory(error) and explain(error)["cause"] == "The memory was not enough."


@pytest.mark.parametrize("error", [torch.AcceleratorError("CUDA error: unspecified launch failure"), RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED")])
def test_a_gpu_that_failed_is_not_taken_for_a_full_one(error):
    assert not is_out_of_memory(error) and explain(error)["cause"] == "The GPU stopped working."
