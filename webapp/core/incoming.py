"""What browsers send lies in `incoming` until it is taken over; a process that is killed leaves it there."""

import logging
import time
from pathlib import Path

from django.conf import settings

KEPT_SECONDS = 3600  # since the last byte; nobody takes longer to take it over

log = logging.getLogger(__name__)


def sweep(older_than: float = KEPT_SECONDS) -> int:
    """Delete what was being received when a process of this machine died, and is older than so many seconds; how many files that were."""
    oldest, deleted = time.time() - older_than, 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir():
        try:
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()
                deleted += 1
        except FileNotFoundError:
            continue  # another process of this machine sweeps as well
    return deleted


def sweep_at_start() -> None:
    """For a machine that serves pages alone: the dispatcher, whose daily sweep calls us too, is elsewhere."""
    if deleted := sweep():
        log.warning("%d files were deleted that had not been received in whole when a process ended", deleted)
