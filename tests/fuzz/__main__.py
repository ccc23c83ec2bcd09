"""Fuzzing by coverage: python -m tests.fuzz TARGET SECONDS. Ends with 0 when nothing was found; what was found lies in test-results/fuzz/."""

import os
import sys
import tempfile
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parent.parent.parent
FOUND = ROOT / "test-results" / "fuzz"
OURS = ["webapp.images.guard", "webapp.ingest", "webapp.core.outgoing_rules"]
SLOW_SECONDS, MEMORY_MB = 5, 3000


def main(target: str, seconds: int) -> None:
    """Fuzz until the time is up; the process ends inside."""
    with atheris.instrument_imports(include=OURS):  # what is imported here is watched, branch by branch; so nothing of ours may be loaded before
        import conftest  # the settings of tests, in a folder of its own

        assert conftest.settings.configured
        from tests.fuzz.seeds import seeds
        from tests.fuzz.targets import TARGETS
    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-", dir=os.environ["AIMAKER_DATA"]))
    for number, content in enumerate(seeds(target)):
        (corpus / str(number)).write_bytes(content)
    FOUND.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=30000", f"-timeout={SLOW_SECONDS}", f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={FOUND}/{target}-", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
