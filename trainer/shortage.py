"""How to tell that memory ran out: the libraries of a GPU each say it in their own words."""

_WORDS = ("out of memory", "can't allocate memory", "bad_alloc", "alloc_failed", "could not create a primitive")  # the last two are those of cuBLAS and cuDNN, and of oneDNN


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, of a GPU or of the machine."""
    # torch says so by a class of its own on a GPU, by a plain RuntimeError on a CPU, and where CUDA has none for itself by one as of a lost GPU.
    told = str(error).lower()
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or (
        isinstance(error, RuntimeError) and any(words in told for words in _WORDS))
