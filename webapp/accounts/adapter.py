from allauth.account.adapter import DefaultAccountAdapter
from django.forms import Form, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.accounts.services import absorb_guest
from webapp.core.errors import UserError
from webapp.core.limits import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Ties allauth to guests: signing up keeps what the guest of this browser made, and logging in brings it along."""

    def new_user(self, request: HttpRequest) -> User:
        """The guest of this browser, to become the account; anybody else's sign-up is a new person."""
        user = request.user
        return user if user.is_authenticated and user.is_guest else User()

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        user.is_guest = False
        return super().save_user(request, user, form, commit)

    def login(self, request: HttpRequest, user: User) -> None:
        before = request.user
        guest = before if before.is_authenticated and before.is_guest and before.pk != user.pk else None
        super().login(request, user)
        if guest:
            absorb_guest(guest=guest, into=user)

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Refuse with 429 who has failed too often (allauth alone would show the form again with 200)."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            raise UserError(_("Too many wrong passwords. Wait five minutes, or reset the password."), code="too_many", status=429) from None

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)
