"""How soon an answer is wanted, as it is typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from webapp.tuning.services import LEAST_MS, MOST_MS

REFUSED = _("Choose a time between 0.1 and 60,000 milliseconds.")


class StartForm(forms.Form):
    """Milliseconds, or nothing where nobody needs a time."""

    target_ms = forms.FloatField(required=False, min_value=LEAST_MS, max_value=MOST_MS, error_messages={"invalid": REFUSED, "min_value": REFUSED, "max_value": REFUSED})
