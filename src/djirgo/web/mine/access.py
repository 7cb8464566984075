"""My bots, and the tokens with which programs act as me or as one of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from djirgo.accounts.models import ApiToken, User
from djirgo.accounts.models.token import MOST_TOKENS
from djirgo.errors import Conflict, Invalid
from djirgo.web.mine.forms import LIFETIMES, BotForm, TokenForm
from djirgo.web.names import SCOPES
from djirgo.web.page import LARGEST_ID, Page
from djirgo.web.project.forms import NotUnderstood, checked
from djirgo.web.refusals import in_words


class Access(Page):
    """What there is. The text of a token is on the page on which it was made, and on no other."""

    def get(self, request: Any) -> HttpResponse:
        return self.page()

    def page(self, *, status: int = 200, **more: Any) -> HttpResponse:
        user = self.request.user
        bots = list(User.objects.bots_of(user).order_by("id"))
        tokens = ApiToken.objects.managed_by(user).select_related("user").order_by("-id")
        shown = {
            "bots": bots,
            "tokens": list(tokens[: MOST_TOKENS + 1]),
            "now": timezone.now(),
            "scopes": SCOPES,
            "chosen": self.request.POST.getlist("scopes") or ["read", "write", "work"],
            "days": self.request.POST.get("days", "90"),
            "lifetimes": LIFETIMES,
            "errors": {},
            "said": self.request.POST,
        }
        return self.show("web/mine/access.html", shown | more, status=status)

    def refuse(self, part: str, wrong: NotUnderstood | Invalid | Conflict) -> HttpResponse:
        if isinstance(wrong, NotUnderstood):
            return self.page(errors={part: wrong.words}, status=400)
        words = [in_words(wrong.code, str(wrong))]
        return self.page(errors={part: words}, status=409 if isinstance(wrong, Conflict) else 400)


class NewBot(Access):
    def post(self, request: Any) -> HttpResponse:
        try:
            said = checked(BotForm(request.POST))
            bot = User.create_bot(said["username"], by=request.user, at=timezone.now())
        except (NotUnderstood, Invalid, Conflict) as wrong:
            return self.refuse("bot", wrong)
        messages.success(request, _("“%(bot)s” is there. Make a token for it next.") % {"bot": bot})
        return HttpResponseRedirect(f"{reverse('access')}?bot={bot}#tokens")


class CloseBot(Page):
    def post(self, request: Any, bot: int) -> HttpResponse:
        found = get_object_or_404(User.objects.bots_of(request.user), pk=min(bot, LARGEST_ID))
        name = found.username
        found.close(at=timezone.now())
        messages.success(request, _("“%(bot)s” is closed, and its tokens are dead.") % {"bot": name})
        return HttpResponseRedirect(reverse("access"))


@method_decorator(sensitive_variables("text"), name="post")
class NewToken(Access):
    """The answer is the only one that shows the token."""

    def post(self, request: Any) -> HttpResponse:
        now = timezone.now()
        try:
            said = checked(TokenForm(request.POST, by=request.user))
            token, text = ApiToken.issue(
                said["name"],
                said["scopes"],
                acting_as=said["bot"],
                expires_at=now + said["days"] if said["days"] else None,
                by=request.user,
                at=now,
            )
        except (NotUnderstood, Invalid, Conflict) as wrong:
            return self.refuse("token", wrong)
        answer = self.page(made=token, text=text, said={}, chosen=["read", "write", "work"], days="90")
        answer.headers["Cache-Control"] = "no-store"
        return answer


class DeleteToken(Page):
    def post(self, request: Any, token: int) -> HttpResponse:
        found = ApiToken.objects.managed_by(request.user).filter(pk=min(token, LARGEST_ID)).first()
        if found is None:
            raise Http404
        found.delete()
        messages.success(request, _("The token is deleted. Whatever uses it has to log in some other way."))
        return HttpResponseRedirect(f"{reverse('access')}#tokens")
