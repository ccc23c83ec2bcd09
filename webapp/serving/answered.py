"""Who wants to hear of answers, and by which door a picture came that was asked about."""

from django.dispatch import Signal

# Sent with `model`, `data` (the file that was asked about), `prediction`, `door` and `key` (its name, "" without one). In the thread that
# answers, so receivers take microseconds; what one of them raises is logged, and the answer goes out all the same.
answered = Signal()

# Sent by the live process with `model` and `address`, when a live camera on a play page has its first answer.
camera_opened = Signal()

PAGE, API, ADAPTER, LIVE, PLAY = "page", "api", "adapter", "live", "play"
UNKEPT = "unkept"  # who asks wants nothing of it kept
AGAIN = "again"  # nobody asked: an earlier question is put to another model
