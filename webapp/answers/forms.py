from datetime import datetime, time

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webapp.answers.models import Answer

UNSURE = 0.7  # below this confidence an answer counts as unsure
KINDS = [("", _("All answers")), ("unknown", _("None of these")), ("unsure", _("Unsure")), ("corrected", _("Corrected"))]


class FilterForm(forms.Form):
    """Which kept answers are listed. What makes no sense is as if it were not there: an old address still shows a list."""

    label = forms.ChoiceField(required=False, label=_("Answer"))
    kind = forms.ChoiceField(required=False, label=_("Which"), choices=KINDS)
    door = forms.ChoiceField(required=False, label=_("Came by"), choices=[("", _("All ways")), *Answer.DOORS])
    since = forms.DateField(required=False, label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: object, labels: list[str]):
        super().__init__(data)
        self.fields["label"].choices = [("", _("All labels")), *((label, label) for label in labels)]
        for bound in self:
            bound.field.widget.attrs["class"] = "input slim"

    def chosen(self) -> dict:
        """The filters that make sense and are set."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def apply(self, rows: QuerySet[Answer]) -> QuerySet[Answer]:
        """Those of the answers that are asked for."""
        chosen = self.chosen()
        if label := chosen.get("label"):
            rows = rows.filter(best=label)
        if kind := chosen.get("kind"):
            rows = rows.filter({"unknown": Q(unknown=True), "unsure": Q(unknown=False, confidence__lt=UNSURE), "corrected": Q(corrections__undone=None, corrections__isnull=False)}[kind])
        if door := chosen.get("door"):
            rows = rows.filter(door=door)
        if since := chosen.get("since"):
            rows = rows.filter(created__gte=moment(since, time.min))
        if until := chosen.get("until"):
            rows = rows.filter(created__lte=moment(until, time.max))
        return rows.distinct() if kind == "corrected" else rows


def moment(day: datetime, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
