from django import forms
from django.utils.translation import gettext_lazy as _

CHOOSE = _("Choose a picture first: a JPG or PNG file.")


class PictureForm(forms.Form):
    """One picture to ask about. It is looked at in memory and kept nowhere."""

    image = forms.FileField(
        label=_("Picture"),
        allow_empty_file=True,  # the guard of the pixels says it better
        error_messages={"required": CHOOSE, "missing": CHOOSE, "invalid": CHOOSE},
    )


class KeepForm(forms.Form):
    """How many of 100 pictures that are answered rightly shall be answered at all, and where to go afterwards."""

    keep = forms.IntegerField(min_value=80, max_value=100, error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), _("Choose a share between 80 and 100 percent.")))
    next = forms.CharField(required=False)
