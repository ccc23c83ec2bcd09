from django import forms
from django.utils.translation import gettext_lazy as _

from trainer import config
from webapp.core.errors import UserError
from webapp.training import words

AS_PRESET = _("As the preset says")
NUMBER = _("A number from %(low)s to %(high)s, please.")


class StartForm(forms.Form):
    """A preset, and the options that a person changed; what is left empty stays as the preset says."""

    preset = forms.ChoiceField(choices=[(name, title) for name, title, _what in words.PRESETS], initial="auto", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        options = {option["name"]: option for option in config.describe()}
        for name in words.OPTIONS:
            if name in options:
                self.fields[name] = option_field(options[name])

    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "preset"]

    def changed(self) -> dict:
        """The options that were filled in."""
        return {name: value for name, value in self.cleaned_data.items() if name != "preset" and value not in (None, "")}

    def changed_any(self) -> bool:
        """Whether the folded part has something to show."""
        return self.is_bound and any(self.data.get(name) or name in self.errors for name in self.fields if name != "preset")

    def refuse(self, error: UserError) -> None:
        """Show a refusal of the service at the option it means, or over the form."""
        self.add_error(error.field if error.field in self.fields else None, str(error))


def option_field(option: dict) -> forms.Field:
    """A form field from what the trainer says of an option."""
    label, help_text = words.OPTIONS[option["name"]]
    common = {"label": label, "help_text": help_text, "required": False}
    if option["kind"] == "choice":
        choices = [("", AS_PRESET)] + [(name, words.CHOICES.get(name, name)) for name in option["choices"]]
        return forms.ChoiceField(choices=choices, **common)
    kind = forms.IntegerField if option["kind"] == "whole" else forms.FloatField
    refusal = NUMBER % {"low": f"{option['low']:g}", "high": f"{option['high']:.12g}"}
    return kind(min_value=option["low"], max_value=option["high"], error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), refusal), **common)
