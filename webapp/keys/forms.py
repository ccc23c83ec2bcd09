"""What can be chosen for a key; every form works without JavaScript."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from webapp.keys.models import PREDICT, SCOPES, Key

LIVES = [("", _("Until you revoke it")), ("30", _("30 days")), ("90", _("90 days")), ("365", _("A year"))]
OVERLAPS = [("0", _("Ends at once")), ("1", _("Goes on for an hour")), ("24", _("Goes on for a day")), ("168", _("Goes on for a week")), ("720", _("Goes on for 30 days"))]


class KeyForm(forms.Form):
    """What a key is called, what it may do, where and how often."""

    name = forms.CharField(label=_("What is it for?"), max_length=100, help_text=_("For example: my weather robot."), error_messages={"required": _("Give it a name, so that you know later which program has it.")})
    scopes = forms.MultipleChoiceField(label=_("What may it do?"), choices=SCOPES, initial=[PREDICT], widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose what the key may do.")})
    rate = forms.IntegerField(label=_("Calls a minute"), required=False, min_value=1, max_value=1_000_000)
    origins = forms.CharField(label=_("Web pages that may use it"), required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://www.example.org", "spellcheck": "false", "autocapitalize": "off"}), help_text=_("One address on each line. Without any, programs can use the key and scripts in web pages cannot."))

    def __init__(self, *values, **named) -> None:
        super().__init__(*values, **named)
        most = settings.API_RATE
        self.fields["rate"].help_text = _("Empty for as many as this site allows: %(count)d.") % {"count": most} if most else _("Empty for as many as there are.")
        for name in ("name", "rate", "origins"):
            self.fields[name].widget.attrs |= {"class": "input", "aria-describedby": f"id_{name}_helptext"}

    def values(self) -> dict:
        """What was chosen, as the services take it."""
        chosen = self.cleaned_data
        return {"name": chosen["name"], "scopes": chosen["scopes"], "origins": chosen["origins"].split(), "rate": chosen["rate"]}


class NewKeyForm(KeyForm):
    """A new key has an end as well, where one is wanted."""

    days = forms.ChoiceField(label=_("How long does it live?"), choices=LIVES, required=False, widget=forms.Select(attrs={"class": "input"}))

    def values(self) -> dict:
        return super().values() | {"days": int(self.cleaned_data["days"] or 0)}


class RotateForm(forms.Form):
    """How long the old key goes on when it gets a successor."""

    hours = forms.ChoiceField(label=_("The old key"), choices=OVERLAPS, initial="24", widget=forms.Select(attrs={"class": "input"}))


def form_of(key: Key) -> KeyForm:
    """The form that shows what is chosen now."""
    return KeyForm(initial={"name": key.name, "scopes": key.scope_names, "rate": key.rate, "origins": "\n".join(key.origin_list)})
