"""The start form: a preset, and the options that a person changed."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trainer import config
from trainer.catalogue import BACKBONES, Backbone
from trainer.config import ConfigError
from webapp.core.errors import UserError
from webapp.training import words

AS_PRESET = _("As the preset says")
OTHER = "other_backbone"


class OptionField(forms.CharField):
    """An option of the trainer; whether a value is sense is the trainer's to say."""

    def __init__(self, option: dict):
        self.option = option
        label, help_text = words.OPTIONS[option["name"]], _(option["help"])
        super().__init__(label=label, help_text=help_text, required=False, widget=widget_of(option))

    def clean(self, value: str) -> object:
        """The checked value, or None for an option that stays as the preset says."""
        value = super().clean(value)
        if value == "":
            return None
        return checked(self.option["name"], value, self.label)


class StartForm(forms.Form):
    """A preset, and the options that a person changed; what is left empty stays as the preset says."""

    preset = forms.ChoiceField(choices=[(name, title) for name, title, _what in words.PRESETS], initial="auto", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        options = {option["name"]: option for option in config.describe()}
        for name in words.OPTIONS:
            self.fields[name] = OptionField(options[name])
            if name == "backbone":
                self.fields[OTHER] = other_backbone()

    def options(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "preset"]

    def clean_other_backbone(self) -> str:
        name = self.cleaned_data[OTHER]
        return checked("backbone", name, self.fields[OTHER].label) if name else ""

    def changed(self) -> dict:
        """The options that were filled in."""
        given = {name: value for name, value in self.cleaned_data.items() if name in words.OPTIONS and value is not None}
        return given | ({"backbone": self.cleaned_data[OTHER]} if self.cleaned_data.get(OTHER) else {})

    def changed_any(self) -> bool:
        """Whether the folded part has something to show."""
        return self.is_bound and any(self.data.get(name) or name in self.errors for name in self.fields if name != "preset")

    def refuse(self, error: UserError) -> None:
        """Show a refusal of the service at the option it means, by the title that it has here, or over the form."""
        name = OTHER if error.field == "backbone" and self.cleaned_data.get(OTHER) else error.field
        field, cause = self.fields.get(name), error.__cause__
        text = words.refusal(cause, field=field.label) if field and isinstance(cause, ConfigError) else str(error)
        self.add_error(name if field else None, text)


def checked(name: str, value: str, title: object) -> object:
    """The value of an option as the trainer keeps it; raises ValidationError with the trainer's sentence, naming the option by its title."""
    try:
        return config.check(name, value)
    except ConfigError as error:
        raise forms.ValidationError(words.refusal(error, field=title)) from error


def widget_of(option: dict) -> forms.Widget:
    if option["name"] == "backbone":
        return forms.Select(choices=[("", AS_PRESET), *((backbone.name, described(backbone)) for backbone in BACKBONES)])
    if option["kind"] == "choice":
        return forms.Select(choices=[("", AS_PRESET), *((name, words.CHOICES.get(name, name)) for name in option["choices"])])
    return forms.NumberInput(attrs={"min": option["low"], "max": option["high"], "step": 1 if option["kind"] == "whole" else "any"})


def other_backbone() -> forms.CharField:
    """The name of any network that timm knows, for those who know it too."""
    help_text = _("Any network of timm with its weights, such as resnet18.a1_in1k. The server fetches it from the web.")
    return forms.CharField(label=_("Another network"), help_text=help_text, required=False, max_length=100)


def described(backbone: Backbone) -> str:
    """A network as a line to choose."""
    values = {"title": backbone.title, "size": words.SIZES[backbone.size], "megabytes": backbone.megabytes, "times": f"{backbone.effort:g}"}
    if backbone.is_packaged:
        return gettext("%(title)s · %(size)s, needs no network") % values
    return gettext("%(title)s · %(size)s, %(megabytes)d MB, %(times)s times the time") % values
