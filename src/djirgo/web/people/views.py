"""Registering, logging in and out, and a new password."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from djirgo.accounts import login_limit
from djirgo.accounts.api.views import RegistrationClosed
from djirgo.accounts.models import User
from djirgo.web.page import Page, back_to
from djirgo.web.people.forms import LogInForm, NewPasswordForm, RegistrationForm

#: Whoever has just registered is who they say; nobody has to check a password for that.
BACKEND = "django.contrib.auth.backends.ModelBackend"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class Door(View):
    """A page for those who are not logged in. Whoever is, goes in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return HttpResponseRedirect(back_to(request, "/"))
        return super().dispatch(request, *args, **kwargs)


class LogIn(Door):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(LogInForm(request))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LogInForm(request, request.POST)
        if form.is_valid():
            login(request, form.get_user())
            return HttpResponseRedirect(back_to(request, "/"))
        if not form.is_locked:
            return self.form(form)
        answer = self.form(form, status=429)
        answer.headers["Retry-After"] = str(login_limit.seconds_locked(request, request.POST.get("username", "")))
        return answer

    def form(self, form: LogInForm, *, status: int = 200) -> HttpResponse:
        is_first = not User.objects.exists()
        context = {"form": form, "next": back_to(self.request, ""), "is_first": is_first}
        return render(self.request, "web/people/log_in.html", context, status=status)


class Register(Door):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.REGISTRATION == "closed":
            raise RegistrationClosed("Registration is closed here. Ask whoever runs this server for an account.")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(RegistrationForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegistrationForm(request.POST)
        if not form.is_valid():
            return self.form(form)
        try:
            user = form.save()
        except ValidationError as taken:
            form.add_error(None, taken)
            return self.form(form)
        login(request, user, backend=BACKEND)
        return HttpResponseRedirect(back_to(request, "/"))

    def form(self, form: RegistrationForm) -> HttpResponse:
        context = {"form": form, "next": back_to(self.request, ""), "is_first": not User.objects.exists()}
        return render(self.request, "web/people/register.html", context)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(settings.LOGIN_URL)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class NewPassword(Page):
    """It ends every other session of theirs, in every browser and program."""

    def get(self, request: Any) -> HttpResponse:
        return self.show("web/people/password.html", {"form": NewPasswordForm(request.user)})

    def post(self, request: Any) -> HttpResponse:
        form = NewPasswordForm(request.user, request.POST)
        if not form.is_valid():
            return self.show("web/people/password.html", {"form": form})
        update_session_auth_hash(request, form.save())
        messages.success(request, _("The new password is set. Everywhere else you have to log in again."))
        return HttpResponseRedirect("/")
