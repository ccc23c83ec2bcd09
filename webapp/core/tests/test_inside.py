"""Prometheus and health checks, which know a process by a number or an inner name."""

from django.test import TestCase, override_settings

TOKEN = {"Authorization": "Bearer " + "t" * 20}


@override_settings(ALLOWED_HOSTS=["ai.example.org"], METRICS_TOKEN="t" * 20)
class FromInside(TestCase):
    def asked(self, path: str, host: str, **headers: str):
        return self.client.get(path, headers={"Host": host} | headers)

    def test_whatever_name_they_use_they_are_answered(self) -> None:
        for host in ("web:8000", "10.42.0.17:8000", "ai.example.org"):
            assert self.asked("/healthz", host).json() == {"status": "ok"}
            assert self.asked("/readyz", host).json()["database"] == "ok"
            assert b"aimaker_rows" in self.asked("/metrics", host, **TOKEN).content

    def test_without_the_token_the_numbers_are_not_there_and_another_name_is_refused_as_everywhere(self) -> None:
        assert self.asked("/metrics", "ai.example.org").status_code == 404
        assert [self.asked(path, "web:8000").status_code for path in ("/metrics", "/status/", "/")] == [400] * 3

    def test_what_they_are_told_runs_nothing_and_begins_no_session(self) -> None:
        answer = self.asked("/healthz", "web:8000")
        assert answer["Content-Security-Policy"].startswith("default-src 'none'") and answer["X-Content-Type-Options"] == "nosniff" and not answer.cookies
