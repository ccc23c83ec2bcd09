from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from webapp.core.prepared import EXAMPLE_TIME, Prepared

kept = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), "the key of a session", EXAMPLE_TIME)


class SessionStore(db.SessionStore):
    """Django's sessions in the database, read by a prepared query: each request of a person reads one."""

    def _get_session_from_db(self) -> Session | None:
        session = kept.first(self.session_key, timezone.now())
        if session is None:
            self._session_key = None
        return session
