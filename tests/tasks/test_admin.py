"""The admin obeys the verbs, and cannot break a rule."""

import pytest
from django.test import Client

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models import Comment, Status, Task


@pytest.fixture
def admin(db: None) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        User.objects.create_superuser("root", password="a root in the ground"),
        "django.contrib.auth.backends.ModelBackend",
    )
    return client


LIST = "/admin/tasks/task/"


def form(**fields: str) -> dict[str, str]:
    intervals = {"intervals-TOTAL_FORMS": "0", "intervals-INITIAL_FORMS": "0"}
    return {"text": "Mend", "priority": "1", "label_words": "", "due_at_0": "", "due_at_1": ""} | intervals | fields


def test_a_task_made_in_the_admin_is_a_task_like_any_other(admin: Client) -> None:
    answer = admin.post(f"{LIST}add/", form(text=" Mend the roof ", label_words="house, urgent"))
    assert answer.status_code == 302, answer.content.decode()
    task = Task.objects.get()
    assert (task.text, task.labels, task.owner.username, task.status) == (
        "Mend the roof", ["house", "urgent"], "root", Status.NEW,
    )  # fmt: skip
    assert Event.objects.get().data["actor"] == "root"


def test_an_edit_in_the_admin_grows_the_version_and_leaves_its_event(admin: Client, task: Task) -> None:
    answer = admin.post(f"{LIST}{task.pk}/change/", form(text="Mend the gutter", status="Completed"))
    assert answer.status_code == 302, answer.content.decode()
    task.refresh_from_db()
    assert (task.text, task.version, task.status) == ("Mend the gutter", 2, Status.NEW)
    assert Event.objects.filter(type="task.updated").count() == 1


def test_a_text_of_spaces_is_a_form_error(admin: Client, task: Task) -> None:
    assert admin.post(f"{LIST}{task.pk}/change/", form(text="   ")).status_code == 200
    assert Task.objects.get().text == "Mend the roof"


def test_the_verbs_are_actions_and_say_why_they_refuse(admin: Client, task: Task) -> None:
    def act(verb: str) -> str:
        body = {"action": verb, "_selected_action": [task.pk]}
        return admin.post(LIST, body, follow=True).content.decode()

    assert "is not possible while the task is New" in act("pause")
    assert "Start: 1" in act("start")
    assert Task.objects.get().performer.username == "root"
    assert "Complete: 1" in act("complete")
    assert Task.objects.get().status == Status.COMPLETED


def test_deleting_in_the_admin_leaves_the_event_that_says_so(admin: Client, task: Task) -> None:
    assert admin.post(f"{LIST}{task.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Task.objects.exists()
    assert Event.objects.filter(type="task.deleted").count() == 1


def test_the_page_of_a_task_shows_its_intervals_and_events(admin: Client, task: Task, bob: User, after: object) -> None:
    task.start(by=bob, at=after()).complete(by=bob, at=after(minutes=3))  # type: ignore[operator]
    page = admin.get(f"{LIST}{task.pk}/change/").content.decode()
    assert "task.completed" in page
    assert "00:03:00" in page
    assert admin.get(f"{LIST}?q=roof&status__exact=Completed").status_code == 200


def test_a_comment_is_read_and_deleted_in_the_admin_and_not_rewritten(admin: Client, task: Task, bob: User) -> None:
    comment = Comment.add(task, "Not <b>this</b> way", by=bob, at=task.created_at)
    page = f"/admin/tasks/comment/{comment.pk}/"
    assert "Not &lt;b&gt;this&lt;/b&gt; way" in admin.get("/admin/tasks/comment/").content.decode()
    assert admin.get(f"{page}change/").status_code == 200
    assert admin.post(f"{page}change/", {"text": "Another"}).status_code == 403
    assert admin.get("/admin/tasks/comment/add/").status_code == 403
    assert admin.post(f"{page}delete/", {"post": "yes"}).status_code == 302
    assert not Comment.objects.exists()
    event = Event.objects.get(type="comment.deleted")
    assert (event.data["actor"], event.data["comment"]["author"]) == ("root", "bob")


def test_comments_are_deleted_together_each_with_its_event(admin: Client, task: Task, bob: User) -> None:
    chosen = [Comment.add(task, text, by=bob, at=task.created_at).pk for text in ("One", "@root, two")]
    body = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    assert admin.post("/admin/tasks/comment/", body).status_code == 302
    assert not Comment.objects.exists()
    assert Event.objects.filter(type="comment.deleted").count() == 2
