"""The whole way as a person goes it, through nginx. The text of each step is its line in the table, and what it gives is what was seen."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from uuid import uuid4

import httpx
from websockets.sync.client import connect

from fixtures import samples
from tests.rehearsal.person import Person
from tests.rehearsal.site import Site

PER_LABEL, PIECE, COLLECTED = 14, 150_000, 8
TUS = {"Tus-Resumable": "1.0.0"}
ID = "([0-9a-f-]{36})"
HARMLESS = "default-src 'none'; sandbox"


class Journey:
    """Alice makes an AI, Charlie is a stranger. What later steps need is kept: project, run, model, program."""

    def __init__(self, site: Site):
        self.site, self.alice, self.charlie = site, Person(site), Person(site)
        self.project = self.run = self.model = ""
        self.program = self.alice

    def steps(self) -> list[Callable[[], str]]:
        bring = [self.front, self.labels, self.files, self.pieces, self.sign_up, self.token, self.collection, self.pictures]
        return bring + [self.training, self.asking, self.camera, self.api, self.export, self.bundle, self.similar, self.sharing, self.stranger]

    def path(self, rest: str = "") -> str:
        return f"/projects/{self.project}/{rest}"

    def front(self) -> str:
        """The first page comes by https alone, with secure cookies and headers"""
        page = self.alice.open("/")
        assert "Secure" in page.headers["set-cookie"] and "script-src 'self'" in page.headers["content-security-policy"], page.headers
        assert "max-age=63072000" in page.headers["strict-transport-security"], page.headers
        plain = httpx.get(f"{self.site.plain}/gallery/", trust_env=False)
        assert (plain.status_code, plain.headers.get("location")) == (301, f"{self.site.address}/gallery/"), plain.headers
        for static in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert "immutable" in self.alice.open(static).headers["cache-control"], static
        return "http is sent to https; Secure, HSTS, CSP; static files are kept for good"

    def labels(self) -> str:
        """Typed labels become an AI of a guest"""
        page = self.alice.send("/", {"labels": ", ".join(samples.LABELS)})
        self.project = re.search(rf"/projects/{ID}/$", str(page.url))[1]
        return f"{len(samples.LABELS)} labels"

    def files(self) -> str:
        """Pictures and a ZIP by forms"""
        label = self.alice.api(f"/projects/{self.project}")["labels"][0]["id"]
        files = [("files", (f"{number}.jpg", samples.jpeg(samples.LABELS[0], 500 + number), "image/jpeg")) for number in range(4)]
        sent = [self.alice.send(self.path("upload"), {"label": label}, files=files)]
        sent += [self.alice.send(self.path("upload"), files={"files": ("animals.zip", packed(1), "application/zip")})]
        counts = zip(sent, (len(files), PER_LABEL * len(samples.LABELS)), strict=True)
        return " and ".join(str(self.taken(re.search(rf"/uploads/{ID}/", str(page.url))[1], count)) for page, count in counts) + " taken"

    def taken(self, upload: str, count: int) -> int:
        row = self.alice.ended(f"/uploads/{upload}")
        assert row["accepted"] == count, row
        return row["accepted"]

    def pieces(self) -> str:
        """A ZIP in pieces, each to whichever web process comes next"""
        content, kind = packed(2), {"Content-Type": "application/offset+octet-stream"}
        begun = self.alice.send(self.path("transfers"), status=201, headers=TUS | {"Upload-Length": str(len(content)), "Content-Type": "text/plain"})
        place, offsets = begun.headers["location"], range(0, len(content), PIECE)
        for offset in offsets:
            self.alice.send(place, status=204, method="PATCH", content=content[offset : offset + PIECE], headers=TUS | kind | {"Upload-Offset": str(offset)})
        taken = self.taken(place.rstrip("/").rpartition("/")[2], PER_LABEL * len(samples.LABELS))
        return f"{taken} pictures, {len(content) / 1e6:.1f} MB in {len(offsets)} pieces"

    def sign_up(self) -> str:
        """Signing up keeps what the guest has made"""
        self.alice.open("/accounts/signup/")
        self.alice.send("/accounts/signup/", {"email": "alice@example.org", "password1": "correct horse battery"})
        assert self.project in self.alice.open("/projects/").text
        return "the AI is in her list"

    def token(self) -> str:
        """A token for programs"""
        page = self.alice.send("/accounts/tokens/", {"name": "rehearsal"})
        self.program = Person(self.site, re.search(r'id="plain">([^<]+)<', page.text)[1])
        assert self.program.api(f"/projects/{self.project}")["id"] == self.project
        return "knows the AI"

    def collection(self) -> str:
        """Pictures from the web (from a stand-in for the search service)"""
        body = {"label": samples.LABELS[1], "count": COLLECTED, "providers": ["openverse"]}
        row = self.program.ended(f"/collections/{self.program.api(f'/projects/{self.project}/collections', body, 202)['id']}")
        assert row["accepted"] == COLLECTED, row
        return f"{row['accepted']} of {COLLECTED}"

    def pictures(self) -> str:
        """Every picture and its small form come from S3 to whoever may see them, and to nobody else"""
        rows = self.program.api(f"/projects/{self.project}/images?limit=100")["items"]
        for row in rows[:20]:
            for address in (row["url"], row["thumb_url"]):
                file = self.alice.open(address)
                assert file.headers["content-type"].startswith("image/") and file.headers["x-content-type-options"] == "nosniff", file.headers
                assert len(file.content) > 500
        self.charlie.open(rows[0]["url"], 404)
        return f"{len(rows)} rows, 40 files, a stranger gets 404"

    def training(self) -> str:
        """A training with its curves"""
        page = self.alice.send(self.path("train/start"), {"preset": "quick"})
        self.run = re.search(rf"/runs/{ID}/", str(page.url))[1]
        row = self.alice.ended(f"/runs/{self.run}", 180)
        epochs = self.alice.api(f"/runs/{self.run}/epochs")["items"]
        self.model = row["model_id"]
        assert [epoch["epoch"] for epoch in epochs] == list(range(1, row["epoch"] + 1)) and row["best"]["val_accuracy"] > 0.6, row
        assert "data-curve" in self.alice.open(f"/runs/{self.run}/").text
        return f"{len(epochs)} epochs in {row['seconds']:.1f} s, {100 * row['best']['val_accuracy']:.0f}% right"

    def asking(self) -> str:
        """The page that answers about pictures it never saw"""
        right = 0
        for kind in samples.LABELS:
            page = self.alice.send(self.path("try/"), files={"image": ("x.jpg", samples.jpeg(kind, samples.HELD_OUT + 7), "image/jpeg")})
            right += f'data-winner="{kind}"' in page.text
        assert right >= len(samples.LABELS) - 1, right
        return f"{right} of {len(samples.LABELS)} right"

    def camera(self) -> str:
        """The live camera's socket at the same address, by the cookie of the session"""
        cookies = "; ".join(f"{name}={value}" for name, value in self.alice.http.cookies.items())
        address, took = f"{self.site.address.replace('https', 'wss')}/ws/projects/{self.project}/live", []
        with connect(address, ssl=self.alice.trust, origin=self.site.address, additional_headers={"Cookie": cookies}, compression=None) as line:
            for number in range(10):
                line.send(samples.jpeg(samples.LABELS[number % len(samples.LABELS)], samples.HELD_OUT + number))
                took.append(json.loads(line.recv(timeout=30))["timing"]["total_ms"])
        return f"10 frames answered, the middle one in {sorted(took)[5]:.0f} ms"

    def api(self) -> str:
        """The API answers a program, and one Idempotency-Key makes one thing"""
        mark, picture = {"Idempotency-Key": str(uuid4())}, samples.jpeg(samples.LABELS[0], samples.HELD_OUT + 40)
        made = {self.program.send("/api/v1/projects", json={"name": "Twice", "labels": ["a", "b"]}, status=201, headers=mark).json()["id"] for _time in range(4)}
        said = self.program.send(f"/api/v1/projects/{self.project}/predict", content=picture, headers={"Content-Type": "image/jpeg"}).json()
        assert len(made) == 1 and said["model_id"] == self.model, (made, said)
        self.program.send(f"/api/v1/projects/{made.pop()}", method="DELETE", status=204)
        return f"{said['predictions'][0]['label']} {said['predictions'][0]['confidence']:.2f}; 4 sent, 1 made"

    def export(self) -> str:
        """All pictures as a ZIP"""
        row = self.program.ended(f"/exports/{self.program.api(f'/projects/{self.project}/export', {}, 202)['id']}")
        names = zipfile.ZipFile(io.BytesIO(self.program.open(f"/api/v1/exports/{row['id']}/zip").content)).namelist()
        count = sum(name.endswith(".jpg") for name in names)
        assert count == self.program.api(f"/projects/{self.project}")["images"] and "labels.csv" in names, names[:9]
        return f"{count} pictures, with labels.csv and credits"

    def bundle(self) -> str:
        """The model to take away"""
        address = f"/api/v1/models/{self.model}/bundle?format=onnx"
        self.program.http.get(address)
        self.program.wait(f"/models/{self.model}/bundles/onnx", lambda row: row["status"] == "done" or row.get("url"), 120)
        archive = zipfile.ZipFile(io.BytesIO(self.program.open(address).content))
        assert archive.testzip() is None and any(name.endswith("model.onnx") for name in archive.namelist()), archive.namelist()
        return f"{len(archive.namelist())} files"

    def similar(self) -> str:
        """Find similar"""
        kind, picture = {"Content-Type": "image/jpeg"}, samples.jpeg(samples.LABELS[0], samples.HELD_OUT + 3)
        near = self.program.send(f"/api/v1/projects/{self.project}/similar?k=5", content=picture, headers=kind).json()["items"]
        assert len(near) == 5 and sorted(item["distance"] for item in near) == [item["distance"] for item in near], near
        return f"5 neighbours, {sum(item['label'] == samples.LABELS[0] for item in near)} of them {samples.LABELS[0]}s"

    def sharing(self) -> str:
        """A shared AI answers somebody without an account"""
        page = self.alice.send(self.path("sharing"), {"visibility": "unlisted", "shows_examples": "on"})
        link = re.search(r"/p/[\w-]+", page.text[page.text.index("play-link") :])[0]
        self.charlie.open(link)
        answer = self.charlie.send(link, files={"image": ("x.jpg", samples.jpeg(samples.LABELS[2], samples.HELD_OUT + 9), "image/jpeg")})
        winner = re.search(r'data-winner="([^"]*)', answer.text)[1] or "none of these"
        examples = re.findall(rf"{link}/examples/{ID}/small", page.text + answer.text)
        for example in examples[:3]:
            self.charlie.open(f"{link}/examples/{example}/small")
        return f"{winner}; {len(examples)} examples"

    def stranger(self) -> str:
        """To a stranger what is Alice's does not exist"""
        for path in (self.path(), self.path("train/"), self.path("try/"), f"/runs/{self.run}/", f"/models/{self.model}/take/", f"/api/v1/projects/{self.project}"):
            answer = self.charlie.http.get(path)
            assert answer.status_code in (401, 404), (path, answer.status_code)
        return "404 or 401 at 6 addresses"


def packed(seed: int) -> bytes:
    """A ZIP of drawn pictures, with a folder for each label."""
    out = io.BytesIO()
    samples.draw_zip(out, PER_LABEL, seed)
    return out.getvalue()
