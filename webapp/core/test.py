"""The cast of every test: Alice owns a project, Bob is a member of it, Charlie is a stranger."""

import hashlib
import io
import time

import numpy as np
from django.conf import settings
from django.test import TestCase
from django.utils import translation
from PIL import Image as Picture

from webapp.accounts.models import User
from webapp.core import store
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label, Member, Project, name_key


class Cast(TestCase):
    """Alice, Bob and Charlie; `self.project` is Alice's, with the labels 猫 and 犬."""

    def setUp(self) -> None:
        self.addCleanup(translation.deactivate)  # a request in Japanese leaves its thread speaking it
        self.alice, self.bob, self.charlie = (self.person(name) for name in ("alice", "bob", "charlie"))
        self.project = Project.objects.create(owner=self.alice, name="Animals")
        Member.objects.create(project=self.project, user=self.bob)
        self.cat, self.dog = (self.label(name) for name in ("猫", "犬"))

    def person(self, name: str) -> User:
        return User.objects.create_user(f"{name}@example.org", "correct horse", is_guest=False)

    def label(self, name: str) -> Label:
        key = hashlib.sha256(name_key(name).encode()).hexdigest()
        return Label.objects.create(project=self.project, name=name, key=key, position=self.project.labels.count())

    def login(self, user: User) -> None:
        self.client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])

    def image(self, label: Label, seed: int = 0) -> Image:
        """A real small picture of a label, with its file, thumbnail and a vector that lies near others of its label."""
        content = jpeg(seed + 1000 * label.position)
        image = Image.objects.create(
            project=label.project, label=label, sha256=hashlib.sha256(content).hexdigest(), width=64, height=48, size_bytes=len(content)
        )
        store.put(image.file_name, content)
        store.put(image.thumb_name, content)
        Embedding.objects.create(image=image, vector=vector(label.position, seed))
        return image


def early_in_a_minute(seconds: int = 5) -> None:
    """Come back when so many seconds of this minute are left: what is counted by the minute begins anew with the next."""
    while time.time() % 60 > 60 - seconds:
        time.sleep(0.1)


def jpeg(seed: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """A JPEG of coloured noise, the same for the same seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1] // 8, size[0] // 8, 3), np.uint8)
    out = io.BytesIO()
    Picture.fromarray(pixels).resize(size, Picture.Resampling.NEAREST).save(out, "JPEG", quality=90)
    return out.getvalue()


def vector(kind: int, seed: int) -> bytes:
    """1,280 float16 numbers around the centre of a kind."""
    centre = np.random.default_rng(kind).normal(size=1280)
    return (centre + 0.3 * np.random.default_rng(10_000 + 100 * kind + seed).normal(size=1280)).astype("<f2").tobytes()

