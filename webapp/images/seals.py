"""How a picture of ours is known again: an export writes a seal beside each, and a picture that comes back with its seal is kept as it is.

Packed anew it would lose a little each time, and be another picture. What the bytes look like proves nothing: strangers can make files that look
like ours and carry something else, or differ from a picture that was taken down by one byte that nobody sees.
"""

import hashlib
import hmac

from django.utils.crypto import salted_hmac

_SALT = "webapp.images.seals"


def seal(sha256: str) -> str:
    """What only this server can say of the bytes with this SHA-256: a keyed hash of it (HMAC-SHA256), as 64 hexadecimal digits."""
    return salted_hmac(_SALT, sha256, algorithm="sha256").hexdigest()


def fits(content: bytes, said: str) -> bool:
    """Whether a seal is the one of these bytes."""
    return bool(said) and hmac.compare_digest(seal(hashlib.sha256(content).hexdigest()).encode(), said.encode())
