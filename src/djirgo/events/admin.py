"""Events in the admin: to be read, never written. Dead letters may be tried again or let go of."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from djirgo.events.consumer import try_again
from djirgo.events.models import DeadLetter, Event


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("id", "sequence", "type", "subject", "time")
    search_fields = ("=subject", "=uuid")
    search_help_text = "A subject, like tasks/17."
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ("at", "consumer", "__str__", "reason")
    list_filter = ("consumer",)
    ordering = ("-at",)
    actions = ("hand_over_again",)

    @admin.action(description="Hand over again", permissions=["delete"])
    def hand_over_again(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        for letter in letters.order_by("at"):
            try:
                try_again(letter, at=timezone.now())
            except Exception as problem:
                self.message_user(request, f"{letter}: {problem!r}", messages.ERROR)
            else:
                self.message_user(request, f"{letter}: dealt with.", messages.SUCCESS)
