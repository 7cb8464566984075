"""Who takes part in a project: taken in, changed, let go; and whether they are there."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from djirgo.accounts.models import User
from djirgo.tasks.models import Membership, Project
from djirgo.web.page import LARGEST_ID, back_to
from djirgo.web.project.forms import AdmissionForm, AvailabilityForm, MemberForm, checked
from djirgo.web.project.views import SettingsView


class Admit(SettingsView):
    """Take somebody in."""

    part = "members"

    def write(self, project: Project) -> str:
        said = checked(AdmissionForm(self.request.POST))
        member = project.admit(said.pop("username"), **said, by=self.request.user, at=timezone.now())
        return _("%(who)s takes part from now on.") % {"who": member.user}

    def part_refused(self) -> str:
        return "admission"


class Join(SettingsView):
    """Into an open project everybody may bring themselves."""

    part = "members"

    def write(self, project: Project) -> str:
        project.admit(self.request.user, by=self.request.user, at=timezone.now())
        return _("You take part from now on, and can be given work.")


class MemberView(SettingsView):
    part = "members"

    def member(self) -> User:
        user = User.objects.open().filter(pk=min(self.kwargs["member"], LARGEST_ID)).first()
        if user is None:
            raise Http404
        return user

    def part_refused(self) -> str:
        return f"member-{self.kwargs['member']}"


class ChangeMember(MemberView):
    def write(self, project: Project) -> str:
        edits = checked(MemberForm(self.request.POST))
        member = project.change_member(self.member(), **edits, by=self.request.user, at=timezone.now())
        return told(_("%(who)s is changed.") % {"who": member.user}, member)


class RemoveMember(MemberView):
    """Let somebody go, or go: what they held comes back."""

    def write(self, project: Project) -> str:
        user = self.member()
        project.remove_member(user, by=self.request.user, at=timezone.now())
        if user == self.request.user:
            return _("You do not take part in “%(project)s” any more.") % {"project": project}
        return _("%(who)s does not take part any more. What they held waits again.") % {"who": user}

    def back(self, project: Project) -> str:
        """Whoever has left a private project does not see it any more."""
        return "/" if project.role_of(self.request.user) is None else super().back(project)


class Availability(SettingsView):
    """Whether somebody is there, as they say themselves."""

    part = "members"

    def write(self, project: Project) -> str:
        said, user = checked(AvailabilityForm(self.request.POST)), self.request.user
        member = project.change_member(user, **said, by=user, at=timezone.now())
        there, away = _("You are there, and can be given work."), _("You are away, and are given nothing.")
        return told(there if member.available else away, member)

    def back(self, project: Project) -> str:
        return back_to(self.request, super().back(project))


def told(words: str, member: Membership) -> str:
    """With how much went back."""
    number = member.handed_back
    went = ngettext("%(number)d task waits again.", "%(number)d tasks wait again.", number) % {"number": number}
    return f"{words} {went}" if number else words
