from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from webapp.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Signing up turns the guest of this browser into the new account, so nothing is lost."""

    def new_user(self, request: HttpRequest) -> User:
        user = request.user
        return user if user.is_authenticated and user.is_guest else User()

    def save_user(self, request: HttpRequest, user: User, form, commit: bool = True) -> User:
        user.is_guest = False
        return super().save_user(request, user, form, commit)
