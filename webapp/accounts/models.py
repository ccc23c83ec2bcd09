"""People, guests among them, and the tokens their programs use."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import BaseUserManager, PermissionsMixin
from django.db import models


class UserManager(BaseUserManager):
    def create_user(self, email: str | None = None, password: str | None = None, **values) -> "User":
        user = self.model(email=self.normalize_email(email) if email else None, **values)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **values) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, is_guest=False, **values)

    def create_guest(self) -> "User":
        """A person without e-mail or password, known by the session of one browser."""
        return self.create_user()


class User(AbstractBaseUser, PermissionsMixin):
    """A person: a guest until they sign up with e-mail and password, which keeps everything they made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True, null=True, blank=True)
    is_guest = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    only_project: uuid.UUID | None = None  # set while the person is stood for by a key of one project: the gate shows nothing else

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.email or f"guest {str(self.id)[:8]}"


class Token(models.Model):
    """An API token: shown once, kept as a SHA-256 (it has 256 random bits, so a slow hash would protect nothing more)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    start = models.CharField(max_length=12)  # the first characters, to tell tokens apart
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    last_used = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
