"""Projects and their members in the admin, which changes them only as the domain lets it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from djirgo.errors import DomainError, Invalid
from djirgo.tasks.models import Membership, Project, Role
from djirgo.tasks.models.count import counts
from djirgo.tasks.models.members import checked_limit
from djirgo.tasks.models.membership import checked_skills
from djirgo.tasks.models.project import checked_name, policies


class Refusing(admin.ModelAdmin):  # type: ignore[type-arg]
    """Says why the domain refused, where a form could not know it. Nothing is changed then."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._or_say_why(super().changelist_view, request, *args, **kwargs)

    def _or_say_why(
        self, view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kw: Any
    ) -> HttpResponse:
        try:
            return view(request, *args, **kw)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())


def or_form_error(check: Callable[[Any], Any], value: Any) -> Any:
    try:
        return check(value)
    except Invalid as refusal:
        raise forms.ValidationError(str(refusal), code=refusal.code) from None


def words_in(line: str) -> list[str]:
    """What stands between the commas."""
    return [word for word in line.split(",") if word.strip()]


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    skill_words = forms.CharField(label="Skills", required=False, help_text="Separated by commas.")

    class Meta:
        model = Membership
        fields = ("user", "role", "wip_limit", "available")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].disabled = bool(self.instance.pk)
        self.initial.setdefault("skill_words", ", ".join(self.instance.skills))

    def clean_wip_limit(self) -> int | None:
        limit: int | None = or_form_error(checked_limit, self.cleaned_data["wip_limit"])
        return limit

    def clean_skill_words(self) -> list[str]:
        return list(or_form_error(checked_skills, words_in(self.cleaned_data["skill_words"])))

    @property
    def written(self) -> Any:
        said = self.cleaned_data
        return {
            "role": Role(said["role"]),
            "skills": said["skill_words"],
            "wip_limit": said["wip_limit"],
            "available": said["available"],
        }


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    form = MemberForm
    extra = 0
    fields = ("user", "role", "skill_words", "wip_limit", "available")
    autocomplete_fields = ("user",)


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]
    policy = forms.ChoiceField(choices=lambda: [(name, name) for name in policies()])

    class Meta:
        model = Project
        fields = ("name", "is_open", "own_tasks_only", "policy")

    def clean_name(self) -> str:
        return str(or_form_error(checked_name, self.cleaned_data["name"]))


class ProjectAdmin(Refusing):
    form = ProjectForm
    list_display = ("id", "name", "is_open", "own_tasks_only", "policy", "created_at")
    list_display_links = ("id", "name")
    list_filter = ("is_open", "own_tasks_only")
    search_fields = ("name",)
    ordering = ("id",)
    inlines = (MemberInline,)
    readonly_fields = ("created_at", "tasks_by_status")
    fieldsets = (
        (None, {"fields": ("name", "is_open", "own_tasks_only", "policy")}),
        ("What Djirgo keeps", {"fields": readonly_fields}),
    )

    @admin.display(description="Tasks")
    def tasks_by_status(self, project: Project) -> str:
        return ", ".join(f"{status}: {number}" for status, number in counts(project.pk or 0).items())

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        written = {name: form.cleaned_data[name] for name in ProjectForm.Meta.fields}
        said: Any = {"by": request.user, "at": timezone.now()}
        if change:
            obj.edit(**said, **written)
        else:
            obj.pk = Project.create(**said, **written).pk
            obj.refresh_from_db()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Newcomers first, so that an owner may hand the project over and go."""
        said: Any = {"by": request.user, "at": timezone.now()}
        project: Project = form.instance
        formset.save(commit=False)
        written = {member.instance.user: member.written for member in formset.forms if member.has_changed()}
        for member in formset.new_objects:
            project.admit(member.user, **said, **written[member.user])
        for member, _ in formset.changed_objects:
            project.change_member(member.user, **said, **written[member.user])
        for member in formset.deleted_objects:
            project.remove_member(member.user, **said)

    def delete_model(self, request: HttpRequest, obj: Project) -> None:
        obj.delete_for_good(by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Project]) -> None:
        for project in queryset:
            self.delete_model(request, project)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The memberships go with their project; whether it may go is for the domain to say."""
        names = [str(project) for project in objs]
        return names, {"projects": len(names)}, set(), []
