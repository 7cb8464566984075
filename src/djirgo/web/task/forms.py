"""The fields of a task that people write, read from a form. Only what the form carries is written."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Priority, Project
from djirgo.tasks.models.correction import InvalidInterval
from djirgo.tasks.models.edits import LONGEST_TEXT, Edits, InvalidText
from djirgo.tasks.models.label import LONGEST_LABEL, MOST_LABELS
from djirgo.web.due import EARLIEST, END_OF_DAY, LATEST

LONGEST_REASON = 1000


class EditForm(forms.Form):
    """Every field there is; a form on the page carries one of them, and the version that it was made from."""

    version = forms.IntegerField(min_value=1, max_value=2**31)
    text = forms.CharField(max_length=LONGEST_TEXT, required=False, strip=False)
    priority = forms.ChoiceField(choices=[(word, word) for word in Priority.words()], required=False)
    labels = forms.CharField(max_length=MOST_LABELS * (LONGEST_LABEL + 2), required=False)
    due_at = forms.DateField(required=False)
    blocked_by = forms.CharField(max_length=1000, required=False)
    project = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def __init__(self, data: Any, *, by: User) -> None:
        super().__init__(data)
        self.by = by

    def clean_text(self) -> str:
        # A browser ends the lines of a text field like a telegraph does.
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()

    def clean_priority(self) -> Priority | None:
        word = self.cleaned_data["priority"]
        return Priority.of(word) if word else None

    def clean_labels(self) -> list[str]:
        return [word.strip().lstrip("#") for word in self.cleaned_data["labels"].split(",") if word.strip("# \t")]

    def clean_due_at(self) -> datetime | None:
        day = self.cleaned_data["due_at"]
        if day and not EARLIEST <= day.year <= LATEST:
            raise forms.ValidationError(_("That day is too far away."))
        return datetime.combine(day, END_OF_DAY, get_current_timezone()) if day else None

    def clean_blocked_by(self) -> list[int]:
        return [int(number) for number in re.findall(r"\d{1,18}", self.cleaned_data["blocked_by"], re.ASCII)]

    def clean_project(self) -> Project | None:
        pk = self.cleaned_data["project"]
        if not pk:
            return None
        project = Project.objects.visible_to(self.by).filter(pk=pk).first()
        if project is None:
            raise forms.ValidationError(_("There is no such project."))
        return project

    @property
    def edits(self) -> Edits:
        names = (name for name in self.fields if name != "version" and name in self.data)
        return {name: self.cleaned_data[name] for name in names}  # type: ignore[return-value]


class AssignForm(forms.Form):
    performer = forms.CharField(max_length=150, required=False)

    def clean_performer(self) -> User | None:
        name = self.cleaned_data["performer"]
        if not name:
            return None
        found = User.objects.named(name).filter(is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("Nobody here is called “%(word)s”."), params={"word": name})
        return found


class FailForm(forms.Form):
    reason = forms.CharField(max_length=LONGEST_REASON, required=False)
    retry = forms.BooleanField(required=False)


class CommentForm(forms.Form):
    text = forms.CharField(required=False, strip=False)

    @classmethod
    def text_of(cls, said: Any) -> str:
        """What was said, or the refusal of what cannot be kept."""
        form = cls(said)
        if not form.is_valid():
            raise InvalidText(str(form.errors["text"][0]), field="text")
        return str(form.cleaned_data["text"]).replace("\r\n", "\n")


class CorrectionForm(forms.Form):
    started_at = forms.DateTimeField()
    ended_at = forms.DateTimeField()
    reason = forms.CharField(max_length=LONGEST_REASON)


class TimeForm(CorrectionForm, AssignForm):
    """A stretch that was forgotten; one's own where nobody is named."""


def checked(form: forms.Form) -> dict[str, Any]:
    """What a form says, or the first of the refusals."""
    if not form.is_valid():
        field, wrong = next(iter(form.errors.items()))
        raise InvalidInterval(str(wrong[0]), field=field)
    for name, value in form.cleaned_data.items():
        if isinstance(value, datetime) and not EARLIEST <= value.year <= LATEST:
            raise InvalidInterval(str(_("That day is too far away.")), field=name)
    return form.cleaned_data


class LeaseForm(forms.Form):
    seconds = forms.IntegerField(min_value=10, max_value=86_400)
