"""Changing a password ends all sessions elsewhere; whoever fears that somebody else was here can end the tokens and keys with it."""

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

from webapp.accounts.services import end_all


class EndsTokens(forms.Form):
    """The box to tick below the passwords."""

    end_tokens = forms.BooleanField(label=_("Also revoke all my tokens and keys, so that no program can use them any more"), required=False)

    def save(self) -> None:
        super().save()
        if self.cleaned_data["end_tokens"]:
            end_all(user=self.user)


class ChangePasswordForm(EndsTokens, allauth.ChangePasswordForm):
    """By somebody who knows the old one."""


class ResetPasswordKeyForm(EndsTokens, allauth.ResetPasswordKeyForm):
    """By somebody who got a mail."""
