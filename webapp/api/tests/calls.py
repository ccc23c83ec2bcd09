"""The cast, calling the API by token."""

import json
from uuid import uuid4

from django.test import Client

from webapp.accounts.services import create_token
from webapp.core.test import Cast

JSON = "application/json"


class ApiCast(Cast):
    """`self.call(...)` is Alice's program; `self.as_(person)` makes that of somebody else."""

    def setUp(self) -> None:
        super().setUp()
        self.api = self.as_(self.alice)

    def as_(self, person) -> Client:
        return Client(headers={"Authorization": f"Bearer {create_token(user=person, name='test')[1]}"})

    def call(self, method: str, path: str, body: object = None, status: int = 200, **options):
        """The JSON of an answer, whose status is checked."""
        answer = self.api.generic(method, f"/api/v1{path}", **self.body(body), **options)
        self.assertEqual(answer.status_code, status, answer.content[:500])
        return answer.json() if answer.content else None

    def body(self, body: object) -> dict:
        return {} if body is None else {"data": json.dumps(body), "content_type": JSON}

    def refused(self, method: str, path: str, status: int, code: str, body: object = None, **options) -> dict:
        """Check that a call is refused in our one shape; returns the error."""
        error = self.call(method, path, body, status, **options)["error"]
        self.assertEqual((error["code"], set(error), bool(error["message"])), (code, {"code", "message", "details"}, True))
        return error


def missing() -> str:
    return str(uuid4())
