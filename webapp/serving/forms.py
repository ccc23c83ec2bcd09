from django import forms
from django.utils.translation import gettext_lazy as _


class KeepForm(forms.Form):
    """How many of 100 pictures that are answered rightly shall be answered at all."""

    keep = forms.IntegerField(min_value=80, max_value=100, error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _("Choose a share between 80 and 100 percent.")))
