"""What an attacker tries first, and the rules of the code that keep whole kinds of mistakes out."""

import ast
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

import webapp.settings as installed
from tests.source import ROOT, imports, is_test, name, python_files, tree
from webapp.accounts.services import create_token
from webapp.core.test import Cast

PROGRAM = [path for path in python_files() if not is_test(path) and not name(path).startswith(("tests/", "benchmarks/", "fixtures/"))]
CALLS = {"eval", "exec", "compile", "mark_safe", "extractall", "yaml.load", "torch.load", "torch.jit.load", "torch.export.load", "os.system", "os.popen"}
MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
WRAPPED = {("trainer/backbones.py", "torch.load")}  # weights of a package, after their hash was checked, with weights_only
MARKUP = {
    "webapp/training/static/training/curves.js": 1,  # a drawing that is a constant of the same file
}
NETWORK = {"requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib", "telnetlib"}


def called(node: ast.Call) -> set[str]:
    """A call by its whole name, and by its last part where that is enough to tell."""
    text = ast.unparse(node.func)
    return {text} | ({text.split(".")[-1]} & {"extractall", "mark_safe"})


def test_nothing_is_run_unpacked_or_marked_safe_that_somebody_sent():
    found = {(name(path), found) for path in PROGRAM for node in ast.walk(tree(path)) if isinstance(node, ast.Call) for found in called(node) & CALLS}
    assert found == WRAPPED


def test_no_command_goes_through_a_shell():
    shells = [
        name(path)
        for path in PROGRAM
        for node in ast.walk(tree(path))
        if isinstance(node, ast.keyword) and node.arg == "shell" and getattr(node.value, "value", True) is not False
    ]
    assert not shells


def test_no_object_is_ever_unpickled():
    assert not {name(path): found for path in PROGRAM if (found := imports(path) & MODULES)}


def test_only_the_one_door_speaks_to_the_network():
    speakers = {name(path) for path in PROGRAM if imports(path) & NETWORK}
    # The client of other programs and the server that travels with a model are no part of this one.
    # What a worker asks the machine that it runs on leaves that machine as little as a supervisor's question does.
    inside = ("webapp/core/outgoing", "webapp/core/supervisor/", "worker/spot.py", "webapp/bundles/carry/", "deploy/", "clients/")
    assert all(path.startswith(inside) for path in speakers), speakers


def test_only_trainer_and_worker_load_torch():
    loaders = {name(path) for path in PROGRAM if any(module.split(".")[0] in ("torch", "torchvision", "timm") for module in imports(path))}
    assert all(path.startswith(("trainer/", "worker/")) for path in loaders), loaders


FORBIDDEN_IN_TEMPLATES = {
    "a filter or tag that turns escaping off": r"\|\s*safe\b|autoescape off|\|\s*safeseq\b",
    "an inline script": r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>",
    "an inline style": r"<style\b|\sstyle\s*=",
    "an inline handler": r"\son[a-z]+\s*=",
    "something from elsewhere": r"(?:src|href)\s*=\s*[\"'](?:https?:)?//",
}
FORBIDDEN_IN_SCRIPTS = r"\.innerHTML\s*\+?=|\.outerHTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function\("


@pytest.mark.parametrize("rule", FORBIDDEN_IN_TEMPLATES)
def test_no_template_has(rule):
    pages = list((ROOT / "webapp").rglob("*.html"))
    assert pages
    assert not [(name(path), found.group()) for path in pages for found in re.finditer(FORBIDDEN_IN_TEMPLATES[rule], path.read_text())]


def test_no_script_makes_markup_of_text():
    scripts = list((ROOT / "webapp").rglob("*.js"))
    assert scripts
    found = {name(path): len(re.findall(FORBIDDEN_IN_SCRIPTS, path.read_text())) for path in scripts}
    assert {path: count for path, count in found.items() if count} == MARKUP


class Headers(Cast):
    def test_of_pages_and_answers_let_nothing_in_from_elsewhere(self):
        for path, status in (("/", 200), ("/api/v1/projects", 401), ("/nothing", 404), (reverse("account_login"), 200)):
            answer = self.client.get(path)
            with self.subTest(path):
                self.assertEqual(answer.status_code, status)
                policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
                self.assertEqual((policy["default-src"], policy["script-src"], policy["style-src"]), ("'none'", "'self'", "'self'"))
                self.assertEqual((policy["frame-ancestors"], policy["base-uri"], policy["object-src"]), ("'none'", "'none'", "'none'"))
                self.assertEqual((answer["X-Content-Type-Options"], answer["X-Frame-Options"]), ("nosniff", "DENY"))
                self.assertEqual((answer["Referrer-Policy"], answer["Cross-Origin-Opener-Policy"]), ("same-origin", "same-origin"))
                self.assertEqual(answer["Cross-Origin-Resource-Policy"], "same-origin")
                self.assertIn("camera=(self)", answer["Permissions-Policy"])
                self.assertNotIn("Access-Control-Allow-Origin", answer)

    def test_of_pages_keep_them_out_of_shared_caches(self):
        self.assertRegex(self.client.get("/")["Cache-Control"], "private|no-store")

    def test_of_cookies_keep_scripts_and_other_sites_away(self):
        answer = self.client.post(reverse("projects:front"), {"labels": "a, b"})
        self.assertEqual((answer.cookies["sessionid"]["httponly"], answer.cookies["sessionid"]["samesite"]), (True, "Lax"))
        page = self.client.get(reverse("account_login"))
        self.assertEqual(page.cookies["csrftoken"]["samesite"], "Strict")


def test_a_deployment_by_https_has_nothing_to_complain_about(tmp_path):
    variables = {"PUBLIC_URL": "https://ai.example.org", "ALLOWED_HOSTS": "ai.example.org", "TRUSTED_PROXIES": "1", "ENV_FILE": os.devnull, "AIMAKER_DATA": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], env=os.environ | variables, cwd=ROOT, capture_output=True, text=True
    )
    assert (result.returncode, "no issues" in result.stdout) == (0, True), result.stderr


def test_passwords_are_hashed_with_argon2():
    assert installed.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


class Questions(Cast):
    """What can be asked of lists: only what they offer (S19)."""

    KEYS = ["label__project__owner__password", "project__owner__email__startswith", "_connector", "-id", "order_by", "label__name", "id__in", "$where"]
    VALUES = ["a", "' or 1=1 --", "%s", "\x00", "1" * 5000, "-1", "{}", "猫"]

    def setUp(self):
        super().setUp()
        self.api = Client(headers={"Authorization": f"Bearer {create_token(user=self.alice, name='x')[1]}"})
        self.image(self.cat)

    def test_with_a_key_that_is_not_offered_changes_nothing(self):
        for path in ("projects", f"projects/{self.project.id}/images", f"projects/{self.project.id}/runs"):
            plain = self.api.get(f"/api/v1/{path}").json()
            for key in self.KEYS:
                with self.subTest(path=path, key=key):
                    self.assertEqual(self.api.get(f"/api/v1/{path}", {key: "a"}).json(), plain)

    def test_with_a_wild_value_is_refused_or_finds_nothing(self):
        for key in ("label", "status", "cursor", "limit", "after", "top"):
            for value in self.VALUES:
                with self.subTest(key=key, value=value[:20]):
                    self.assertIn(self.api.get(f"/api/v1/projects/{self.project.id}/images", {key: value}).status_code, (200, 400, 422))

    def test_with_objects_where_text_belongs_are_refused(self):
        for wild in ({"__proto__": 1}, ["a"], 1, True, {"name": {"startswith": "a"}}):
            with self.subTest(wild):
                answer = self.api.patch(f"/api/v1/projects/{self.project.id}", {"name": wild}, "application/json")
                self.assertEqual(answer.status_code, 422)

    def test_on_pages_with_wild_values_never_break(self):
        self.login(self.alice)
        for path in ("/", "/projects/", reverse("images:project", args=[self.project.id]), reverse("training:runs", args=[self.project.id])):
            for value in self.VALUES:
                with self.subTest(path=path, value=value[:20]):
                    self.assertLess(self.client.get(path, dict.fromkeys(("all", "run", "runs", "show", "label", "page", "next", "seen", "labels"), value)).status_code, 500)


class Names(Cast):
    def test_that_are_markup_stay_text_on_every_page(self):
        evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}\u202e'
        self.login(self.alice)
        self.client.post(reverse("projects:edit", args=[self.project.id]), {"name": evil})
        self.client.post(reverse("projects:rename_label", args=[self.cat.id]), {"name": evil})
        self.image(self.cat)
        for path in ("/", "/projects/", *(reverse(page, args=[self.project.id]) for page in ("images:project", "training:runs", "serving:try"))):
            text = self.client.get(path).content.decode()
            with self.subTest(path):
                self.assertNotRegex(text, r"<script>alert|<img src=x|\u202e")
        self.assertIn("&lt;script&gt;alert(1)", self.client.get(reverse("images:project", args=[self.project.id])).content.decode())


class LoggingIn(Cast):
    def guess(self, **fields):
        return self.client.post(reverse("account_login"), {"login": "alice@example.org", "password": "correct horse"} | fields)

    def test_does_not_say_whether_there_is_such_an_account(self):
        wrong, unknown = (self.guess(**fields) for fields in ({"password": "wrong"}, {"login": "nobody@example.org"}))
        self.assertEqual(wrong.context["form"].errors, unknown.context["form"].errors)

    def test_goes_nowhere_else_afterwards(self):
        for place in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"):
            with self.subTest(place):
                self.assertEqual(self.guess(next=place)["Location"], reverse("projects:mine"))
                self.client.logout()

    def test_elsewhere_ends_when_the_password_changes(self):
        elsewhere = Client()
        elsewhere.force_login(self.alice, backend=settings.AUTHENTICATION_BACKENDS[0])
        self.alice.set_password("another horse")
        self.alice.save()
        self.assertEqual(elsewhere.get("/api/v1/projects").status_code, 401)

    def test_ends_at_once_for_somebody_who_is_disabled(self):
        self.login(self.alice)
        token = create_token(user=self.alice, name="x")[1]
        type(self.alice).objects.filter(id=self.alice.id).update(is_active=False)
        self.assertEqual(self.client.get("/api/v1/projects").status_code, 401)
        self.assertEqual(Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/projects").status_code, 401)

    @override_settings(TRUSTED_PROXIES=0)
    def test_is_not_tried_more_often_by_pretending_to_be_somewhere_else(self):
        answers = [self.client.post(reverse("account_login"), {"login": f"{n}@example.org", "password": "x"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code for n in range(11)]
        self.assertEqual(answers, [200] * 10 + [429])
