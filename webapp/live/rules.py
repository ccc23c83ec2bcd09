"""What one person and one frame may take of the live process, and what a socket is closed with."""

FRAME_BYTES = 256 * 1024
FRAME_PIXELS = 2_100_000  # 1920 x 1080; a browser sends the few thousand that the model looks at
SCANS = 20  # of a progressive JPEG, which has about ten; each is a pass over all of its pixels
FRAMES_A_SECOND, IN_HAND = 15, 3  # of one socket; a few may come early
ADDRESS_A_SECOND, PROJECT_A_SECOND = 60, 120  # of all who ask from one address, and of all who ask one AI, by its play page
MOST_PACES = 2000  # that are remembered
SOCKETS_EACH, SOCKETS_OF_ADDRESS, SOCKETS = 4, 32, 400  # of one person; of nobody by name from one address, which a whole class may have; of all in one process
IDLE_SECONDS = 60
CHECK_SECONDS = 3  # how soon a socket ends whose person has logged out
QUICK_CHECKS = 4  # in that time, of what is shared no more: one question for all sockets
CHECKS_LATE = 8  # checks in a row that may fail by the database's fault before sockets end
THREADS = 2  # that look at frames; each takes one core
TOP, MOST_TOP = 5, 50  # labels of an answer

UNSUPPORTED, TOO_BIG, TROUBLE, FULL = 1003, 1009, 1011, 1013
NOT_KNOWN, NOT_FOUND, IDLE, TOO_MANY = 4401, 4404, 4408, 4429


class Refused(Exception):
    """A socket is not opened, or ends: the code that says why. `foreign`: not even the handshake is answered (HTTP 403)."""

    def __init__(self, code: int, reason: str, *, foreign: str = ""):
        super().__init__(reason)
        self.code, self.reason, self.foreign = code, reason, foreign
