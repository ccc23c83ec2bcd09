"""What people type into the pages of projects; each form works without JavaScript."""

from django import forms
from django.utils.translation import gettext_lazy as _

from webapp.core.errors import UserError
from webapp.projects.models import NAME_LENGTH
from webapp.projects.names import split_names


class LabelsField(forms.CharField):
    """Label names in one field, with commas, 、 or new lines between them; cleans to a list."""

    widget = forms.Textarea

    def clean(self, value: str) -> list[str]:
        try:
            return split_names(super().clean(value) or "")
        except UserError as refused:
            raise forms.ValidationError(refused.message) from refused


class FrontForm(forms.Form):
    """The one field of the first page."""

    labels = LabelsField(required=False, max_length=5000)

    def clean_labels(self) -> list[str]:
        names = self.cleaned_data["labels"]
        if not names:
            raise forms.ValidationError(_("Type what your AI shall tell apart, for example: cat, dog"))
        if len(names) == 1:
            raise forms.ValidationError(_("One more label, please. An AI needs two to choose between."))
        return names


class AddLabelsForm(forms.Form):
    """More labels for a project."""

    labels = LabelsField(max_length=5000, error_messages={"required": _("Type a name first, for example: rabbit")})


class RenameForm(forms.Form):
    """The new name of a project or a label."""

    name = forms.CharField(max_length=NAME_LENGTH, error_messages={"required": _("A name needs at least one letter.")})
