"""`python deploy/answers.py PORT`: whether the server on this port of this machine answers. For health checks: the standard library alone, so that it is quick."""

import http.client
import os
import sys

EVERY = ("", "0.0.0.0", "::")  # where a server listens that listens everywhere


def answers(port: int) -> bool:
    """Whether anything but an error of the server comes back within three seconds."""
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    own = os.environ.get("HOST", "0.0.0.0")
    asked = http.client.HTTPConnection("127.0.0.1" if own in EVERY else own, port, timeout=3)
    try:
        asked.request("GET", "/healthz", headers={"Host": host})
        return asked.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


if __name__ == "__main__":
    sys.exit(not answers(int(sys.argv[1])))
