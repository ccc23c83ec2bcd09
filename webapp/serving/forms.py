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
