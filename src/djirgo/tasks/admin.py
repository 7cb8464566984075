"""Tasks and comments in the admin: it shows everything, and changes things only through the verbs, like all doors."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from djirgo.errors import DomainError
from djirgo.events.models import Event
from djirgo.tasks import events
from djirgo.tasks.models import Comment, Project, Task, Verb, WorkInterval
from djirgo.tasks.models.dependency import checked_blockers
from djirgo.tasks.models.edits import checked_text
from djirgo.tasks.models.label import checked_labels
from djirgo.tasks.project_admin import ProjectAdmin, Refusing, or_form_error, words_in
from djirgo.tasks.representation import clock

#: The verbs that need no further words.
ACTIONS = (Verb.START, Verb.PAUSE, Verb.RESUME, Verb.RELEASE, Verb.COMPLETE, Verb.CANCEL, Verb.REOPEN)
WRITTEN = ("text", "project", "priority", "label_words", "due_at", "blockers")


class TaskForm(forms.ModelForm):  # type: ignore[type-arg]
    label_words = forms.CharField(label="Labels", required=False, help_text="Separated by commas.")
    blockers = forms.CharField(
        label="Waits for", required=False, help_text="Ids of tasks of the same project, separated by commas."
    )

    class Meta:
        model = Task
        fields = ("text", "project", "priority", "due_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("label_words", ", ".join(self.instance.labels))
        self.initial.setdefault("blockers", ", ".join(map(str, self.instance.blocked_by)))

    def clean_text(self) -> str:
        return str(or_form_error(checked_text, self.cleaned_data["text"]))

    def clean_label_words(self) -> list[str]:
        return list(or_form_error(checked_labels, words_in(self.cleaned_data["label_words"])))

    def clean_blockers(self) -> list[int]:
        words = [word.strip() for word in words_in(self.cleaned_data["blockers"])]
        if not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
            raise forms.ValidationError("Ids are numbers.", code="invalid")
        return list(or_form_error(checked_blockers, list(map(int, words))))


class IntervalInline(admin.TabularInline):  # type: ignore[type-arg]
    model = WorkInterval
    extra = 0
    can_delete = False
    fields = readonly_fields = ("performer", "started_at", "ended_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _action(verb: Verb) -> Callable[["TaskAdmin", HttpRequest, QuerySet[Task]], None]:
    """An admin action that does the verb with every task chosen, and says which of them refused and why."""

    def act(self: "TaskAdmin", request: HttpRequest, chosen: QuerySet[Task]) -> None:
        done = 0
        for task in chosen:
            try:
                getattr(task, verb)(by=request.user, at=timezone.now())
                done += 1
            except DomainError as refusal:
                self.message_user(request, f"{task}: {refusal}", messages.ERROR)
        if done:
            self.message_user(request, f"{verb.label}: {done}", messages.SUCCESS)

    act.__name__ = verb.value
    return admin.action(description=f"{verb.label} the chosen tasks", permissions=["change"])(act)


admin.site.register(Project, ProjectAdmin)


@admin.register(Task)
class TaskAdmin(Refusing):
    form = TaskForm
    list_display = (
        "id", "title", "project", "status", "priority", "owner", "performer", "worked", "due_at", "updated_at",
    )  # fmt: skip
    list_display_links = ("id", "title")
    list_filter = ("status", "priority", "project")
    list_select_related = ("owner", "performer", "project")
    search_fields = ("text",)
    show_full_result_count = False
    ordering = ("-id",)
    inlines = (IntervalInline,)
    actions = tuple(_action(verb) for verb in ACTIONS)
    readonly_fields = (
        "status", "owner", "performer", "worked", "is_blocked", "lease_expires_at", "attempts", "failure_reason",
        "version", "created_at", "updated_at", "started_at", "completed_at", "history_of_events",
    )  # fmt: skip
    fieldsets = ((None, {"fields": WRITTEN}), ("What Djirgo keeps", {"fields": readonly_fields}))

    @admin.display(description="Time worked")
    def worked(self, task: Task) -> str:
        return str(task.shown(now=timezone.now())["perform_time"]) if task.pk else clock(0)

    @admin.display(description="Events")
    def history_of_events(self, task: Task) -> SafeString:
        if not task.pk:
            return SafeString("")
        happened = Event.objects.about(events.subject(task.pk)).order_by("-id")[:100]
        lines = (
            (event.time.isoformat(" ", "seconds"), event.type, event.data["actor"] or "Djirgo") for event in happened
        )
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {}</li>", lines))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        return (Task.objects.matching(search_term) & queryset if search_term else queryset), False

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        written: Any = {"text": obj.text, "priority": obj.priority, "due_at": obj.due_at}
        written |= {"project": obj.project, "labels": form.cleaned_data["label_words"]}
        if "blockers" in form.changed_data:
            written["blocked_by"] = form.cleaned_data["blockers"]
        said: Any = {"by": request.user, "at": timezone.now()}
        if change:
            obj.edit(**said, **written)
        else:
            obj.pk = Task.create(**said, **written).pk
            obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Task) -> None:
        obj.delete_for_good(by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        for task in queryset:
            self.delete_model(request, task)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """The intervals and labels go with their task; nobody needs a permission of their own for them."""
        names = [str(task) for task in objs]
        return names, {"tasks": len(names)}, set(), []


@admin.register(Comment)
class CommentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "task", "author", "text", "created_at", "edited_at")
    list_select_related = ("task", "author")
    search_fields = ("text",)
    show_full_result_count = False
    ordering = ("-id",)
    fields = readonly_fields = ("task", "author", "text", "created_at", "edited_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Comment | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Comment) -> None:
        obj.delete_for_good(by=request.user, at=timezone.now())  # type: ignore[arg-type]

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Comment]) -> None:
        for comment in queryset:
            self.delete_model(request, comment)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Its mentions go with it."""
        names = [str(comment) for comment in objs]
        return names, {"comments": len(names)}, set(), []
