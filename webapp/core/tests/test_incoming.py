"""What a killed process left of what it was receiving goes on every machine that serves pages."""

import os
import time

from django.conf import settings
from django.test import SimpleTestCase

from webapp.core import incoming


class IncomingTests(SimpleTestCase):
    def left(self, name, seconds):
        path = settings.FILE_UPLOAD_TEMP_DIR / name
        path.write_bytes(b"half")
        os.utime(path, (time.time() - seconds,) * 2)
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def test_a_start_deletes_what_is_old_and_says_so_and_nothing_that_is_still_coming(self):
        old, coming = self.left("old.upload", incoming.KEPT_SECONDS + 60), self.left("coming.upload", 30)
        with self.assertLogs("webapp.core.incoming", "WARNING"):
            incoming.sweep_at_start()
        assert not old.exists() and coming.exists()
        with self.assertNoLogs("webapp.core.incoming"):
            incoming.sweep_at_start()
