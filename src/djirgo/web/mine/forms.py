"""What is said about bots and tokens."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext_lazy as _

from djirgo.accounts.models import Scope, User
from djirgo.accounts.models.token import LONGEST_NAME
from djirgo.web.names import SCOPES

#: For how many days; nothing is for ever.
LIFETIMES = {
    "7": _("7 days"),
    "30": _("30 days"),
    "90": _("90 days"),
    "365": _("One year"),
    "": _("Until it is deleted"),
}


class BotForm(forms.Form):
    username = forms.CharField(
        max_length=150,
        validators=User._meta.get_field("username").validators,
        error_messages={"required": _("A bot has a name.")},
    )


class TokenForm(forms.Form):
    """A name to know it by, what it may be used for, for how long, and as whom it acts."""

    name = forms.CharField(max_length=LONGEST_NAME, error_messages={"required": _("A token has a name.")})
    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()), error_messages={"required": _("A token is good for something: choose what.")}
    )
    days = forms.ChoiceField(choices=list(LIFETIMES.items()), required=False)
    bot = forms.CharField(max_length=150, required=False, validators=[ProhibitNullCharactersValidator()])

    def __init__(self, data: Any, *, by: User) -> None:
        super().__init__(data)
        self.by = by

    def clean_scopes(self) -> list[Scope]:
        return [Scope(word) for word in dict.fromkeys(self.cleaned_data["scopes"])]

    def clean_days(self) -> timedelta | None:
        days = self.cleaned_data["days"]
        return timedelta(days=int(days)) if days else None

    def clean_bot(self) -> User:
        name = self.cleaned_data["bot"]
        if not name:
            return self.by
        bot = User.objects.bots_of(self.by).named(name).filter(is_active=True).first()
        if bot is None:
            raise forms.ValidationError(_("You answer for no bot of this name."))
        return bot
