"""What people write into a project and into its memberships. These check the form of it; the domain does the rest."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import User
from djirgo.tasks.models import Role
from djirgo.tasks.models.label import LONGEST_LABEL, MOST_LABELS
from djirgo.tasks.models.membership import MOST_AT_ONCE
from djirgo.tasks.models.project import LONGEST_NAME

LONGEST_POLICY = 30


class NotUnderstood(Exception):
    """A form that makes no sense, and what is wrong with it."""

    def __init__(self, form: forms.Form) -> None:
        super().__init__()
        self.words = [str(word) for errors in form.errors.values() for word in errors]


def checked(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise NotUnderstood(form)
    return form.cleaned_data


class ProjectForm(forms.Form):
    name = forms.CharField(
        max_length=LONGEST_NAME, error_messages={"required": _("A project has a name of 1 to 100 characters.")}
    )
    is_open = forms.BooleanField(required=False)
    own_tasks_only = forms.BooleanField(required=False)


class PolicyForm(forms.Form):
    policy = forms.CharField(max_length=LONGEST_POLICY)


class MemberForm(forms.Form):
    role = forms.ChoiceField(choices=[(word, word) for word in Role.words()])
    skills = forms.CharField(max_length=MOST_LABELS * (LONGEST_LABEL + 2), required=False)
    wip_limit = forms.IntegerField(
        min_value=1,
        max_value=MOST_AT_ONCE,
        required=False,
        error_messages={"invalid": _("A limit is a number, or nothing.")},
    )
    available = forms.BooleanField(required=False)

    def clean_role(self) -> Role:
        return Role.of(self.cleaned_data["role"])

    def clean_skills(self) -> list[str]:
        return [word.strip().lstrip("#") for word in self.cleaned_data["skills"].split(",") if word.strip("# \t")]


class AdmissionForm(MemberForm):
    username = forms.CharField(max_length=150, error_messages={"required": _("Say who is to take part.")})
    field_order = ["username"]

    def clean_username(self) -> User:
        name = self.cleaned_data["username"].removeprefix("@")
        found = User.objects.named(name).filter(is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("Nobody here is called “%(word)s”."), params={"word": name})
        return found


class AvailabilityForm(forms.Form):
    available = forms.BooleanField(required=False)
    hand_back = forms.BooleanField(required=False)
