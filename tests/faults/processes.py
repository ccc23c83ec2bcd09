"""What processes take of a machine, as the kernel counts it."""

from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started itself."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def megabytes(pids: list[int]) -> float:
    """The memory of all of them together."""
    return sum(int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0]) for pid in pids) / 1024


def open_files(pids: list[int]) -> int:
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
