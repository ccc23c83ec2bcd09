"""Training loops that a benchmark runs in a process of their own: ours, and the one that it is compared with."""
