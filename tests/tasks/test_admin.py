"""The admin obeys the verbs, and cannot break a rule."""

import pytest
from django.test import Client

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models import Comment, Membership, Project, Role, Status, Task
from tests.tasks.conftest import NOON


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
    said = {"text": "Mend", "project": "1", "priority": "1", "label_words": "", "due_at_0": "", "due_at_1": ""}
    return said | {"blockers": ""} | intervals | fields


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


def test_a_task_is_moved_and_made_to_wait_in_the_admin(admin: Client, task: Task, ann: User) -> None:
    project = Project.create(by=ann, at=NOON, name="The archive")
    blocker = Task.create(by=ann, at=NOON, text="First", project=project)
    change = f"{LIST}{task.pk}/change/"
    answer = admin.post(change, form(project=str(project.pk), blockers=f" {blocker.pk}, "))
    assert answer.status_code == 302, answer.content.decode()
    task.refresh_from_db()
    assert (task.project, task.blocked_by, task.is_blocked) == (project, [blocker.pk], True)
    assert f'value="{blocker.pk}"' in admin.get(change).content.decode()
    assert admin.post(change, form(project=str(project.pk), blockers="one")).status_code == 200


def test_what_the_domain_refuses_is_said_and_changes_nothing(admin: Client, task: Task, ann: User) -> None:
    project = Project.create(by=ann, at=NOON, name="The archive")
    Task.create(by=ann, at=NOON, text="Waits", blocked_by=[task.pk])
    page = admin.post(f"{LIST}{task.pk}/change/", form(project=str(project.pk)), follow=True)
    assert "or they for it" in page.content.decode()
    page = admin.post(f"{LIST}{task.pk}/change/", form(blockers="999"), follow=True)
    assert "There is no task 999" in page.content.decode()
    task.refresh_from_db()
    assert (task.project_id, task.version) == (1, 1)


def test_the_page_of_a_leased_task_says_until_when_and_no_secret(
    admin: Client, task: Task, bob: User, after: object
) -> None:
    task.claim(lease_seconds=600, by=bob, at=after())  # type: ignore[operator]
    page = admin.get(f"{LIST}{task.pk}/change/").content.decode()
    assert "Lease expires at" in page
    assert task.lease_hash
    assert task.lease_hash not in page
    assert str(task.lease_token) not in page


PROJECTS = "/admin/tasks/project/"


def project_form(*members: dict[str, object], known: int = 0, **fields: str) -> dict[str, object]:
    said: dict[str, object] = {"name": "The archive", "policy": "manual"}
    said |= {"memberships-TOTAL_FORMS": len(members), "memberships-INITIAL_FORMS": known}
    for number, member in enumerate(members):
        said |= {f"memberships-{number}-{name}": value for name, value in member.items()}
    return said | fields


def line(user: User, role: Role = Role.MEMBER, **more: object) -> dict[str, object]:
    return {"user": user.pk, "role": int(role), "skill_words": "", "wip_limit": "", "available": "on"} | more


def test_a_project_is_founded_in_the_admin_with_its_members(admin: Client, ann: User, bob: User) -> None:
    members = [line(ann, Role.MANAGER), line(bob, skill_words="ocr, de", wip_limit=3)]
    answer = admin.post(f"{PROJECTS}add/", project_form(*members))
    assert answer.status_code == 302, answer.content.decode()
    project = Project.objects.get(name="The archive")
    roles = dict(project.memberships.values_list("user__username", "role"))
    assert roles == {"root": Role.OWNER, "ann": Role.MANAGER, "bob": Role.MEMBER}
    assert project.member(bob).skills == ["ocr", "de"]
    assert [event.type for event in Event.objects.about(f"projects/{project.pk}")] == [
        "project.created", "member.added", "member.added", "member.added",
    ]  # fmt: skip


def test_members_are_changed_and_let_go_in_the_admin_and_what_they_held_comes_back(
    admin: Client, ann: User, bob: User
) -> None:
    project = Project.create(by=ann, at=NOON, name="The archive")
    project.admit(bob, by=ann, at=NOON)
    task = Task.create(by=ann, at=NOON, text="Held", project=project).start(by=bob, at=NOON)
    rows = {row.user_id: {"id": row.pk, "project": project.pk} for row in Membership.objects.all()}
    anns = line(ann, Role.OWNER, **rows[ann.pk])
    change = f"{PROJECTS}{project.pk}/change/"
    changed = line(bob, Role.MANAGER, wip_limit=2, **rows[bob.pk])
    assert admin.post(change, project_form(anns, changed, known=2)).status_code == 302
    assert (project.member(bob).role, project.member(bob).wip_limit) == (Role.MANAGER, 2)
    gone = changed | {"DELETE": "on"}
    assert admin.post(change, project_form(anns, gone, known=2)).status_code == 302
    task.refresh_from_db()
    assert (task.performer, task.status) == (None, Status.NEW)
    page = admin.post(change, project_form(anns | {"DELETE": "on"}, known=1), follow=True)
    assert "is the last owner" in page.content.decode()
    assert project.role_of(ann) == Role.OWNER


def test_a_project_is_renamed_and_deleted_in_the_admin_when_the_domain_lets_it(admin: Client, ann: User) -> None:
    project = Project.create(by=ann, at=NOON, name="The archive")
    task = Task.create(by=ann, at=NOON, text="In the way", project=project)
    row = line(ann, Role.OWNER, id=Membership.objects.get().pk, project=project.pk)
    assert admin.post(f"{PROJECTS}{project.pk}/change/", project_form(row, known=1, name=" ")).status_code == 200
    assert admin.post(f"{PROJECTS}{project.pk}/change/", project_form(row, known=1, name="Cellar")).status_code == 302
    assert Project.objects.get(pk=project.pk).name == "Cellar"
    assert Event.objects.filter(type="project.updated").count() == 1
    page = admin.post(f"{PROJECTS}{project.pk}/delete/", {"post": "yes"}, follow=True)
    assert "Only a project without tasks" in page.content.decode()
    task.delete_for_good(by=ann, at=NOON)
    assert admin.post(f"{PROJECTS}{project.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Project.objects.filter(pk=project.pk).exists()
    page = admin.post(PROJECTS, {"action": "delete_selected", "_selected_action": [1], "post": "yes"}, follow=True)
    assert "General is where tasks go" in page.content.decode()
    assert admin.get(f"{PROJECTS}?q=gen").status_code == 200


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
