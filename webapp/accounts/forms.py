from django import forms
from django.utils.translation import gettext_lazy as _


class TokenForm(forms.Form):
    """What a new token is called."""

    name = forms.CharField(
        label=_("What is it for?"),
        max_length=100,
        error_messages={"required": _("Give it a name, so that you know later which program has it.")},
        help_text=_("For example: my weather robot."),
    )
