"""Form fields drawn with our parts."""

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def is_tick(field: BoundField) -> bool:
    """Whether a field is one box to tick, whose words stand beside it."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.simple_tag
def styled(field: BoundField) -> SafeString:
    """The widget of a field in our style, tied to its error; a placeholder that repeats the label is dropped."""
    attrs = {} if is_tick(field) else {"class": "input", "placeholder": ""}
    described = [f"{field.auto_id}_error"] * bool(field.errors) + [f"{field.auto_id}_helptext"] * bool(field.help_text)
    if described:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)
