"""Projects and their members over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.tasks.consumers import count_by_status
from djirgo.tasks.models import Membership, Project, Role, Task
from tests.tasks.conftest import NOON
from tests.tasks.test_api import problem, wrong_fields

FIELDS = {"id", "name", "is_open", "own_tasks_only", "policy", "created_at", "role"}
MEMBER_FIELDS = {"id", "username", "is_bot", "role", "skills", "wip_limit", "available", "load"}


@pytest.fixture
def project(ann: User, bob: User) -> Project:
    """Private and Ann's; Bob is a member."""
    project = Project.create(by=ann, at=NOON, name="The archive")
    project.admit(bob, by=ann, at=NOON)
    return project


@pytest.fixture
def address(project: Project) -> str:
    return f"/api/projects/{project.pk}/"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200
    return [line.get("name") or line["username"] for line in answer.json()["results"]]


# --- Projects -----------------------------------------------------------------------------------------------------


def test_a_new_project_is_private_and_belongs_to_whoever_founds_it(anns: APIClient) -> None:
    answer = anns.post("/api/projects/", {"name": "  The archive "}, format="json")
    assert answer.status_code == 201
    shown = answer.json()
    assert set(shown) == FIELDS | {"counts"}
    assert {name: shown[name] for name in ("name", "is_open", "own_tasks_only", "policy", "role")} == {
        "name": "The archive", "is_open": False, "own_tasks_only": False, "policy": "manual", "role": "owner",
    }  # fmt: skip
    assert set(shown["counts"].values()) == {0}
    assert answer["Location"].endswith(f"/api/projects/{shown['id']}/")
    assert anns.get(answer["Location"]).json() == shown
    assert anns.get("/api/projects/").json()["results"][-1] == {name: shown[name] for name in FIELDS}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": 7}, "name"),
        ({"name": "nul \x00"}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "x" * 1_000_000}, "name"),
        ({"name": "a", "policy": "by lot"}, "policy"),
        ({"name": "a", "policy": 10**30}, "policy"),
        ({"name": "a", "is_open": "perhaps"}, "is_open"),
        ({"name": "a", "is_open": None}, "is_open"),
        ({"name": "a", "own_tasks_only": [1]}, "own_tasks_only"),
        ({"name": "a", "turns": 7}, "turns"),
    ],
)
def test_bad_input_is_refused_and_its_field_named(body: dict[str, Any], field: str, anns: APIClient) -> None:
    assert field in wrong_fields(anns.post("/api/projects/", body, format="json"))
    assert Project.objects.count() == 1


def test_the_list_has_what_somebody_may_see_with_their_role_in_it(
    anns: APIClient, bobs: APIClient, project: Project, client_of: Callable[[User], APIClient], boss: User
) -> None:
    sam = client_of(User.objects.create_user("sam"))
    assert names(sam.get("/api/projects/")) == ["General"]
    assert [line["role"] for line in sam.get("/api/projects/").json()["results"]] == ["member"]
    assert [line["role"] for line in bobs.get("/api/projects/").json()["results"]] == ["member", "member"]
    assert [line["role"] for line in anns.get("/api/projects/").json()["results"]] == ["member", "owner"]
    assert [line["role"] for line in client_of(boss).get("/api/projects/").json()["results"]] == ["owner", "owner"]


def test_the_list_is_walked_in_pages(anns: APIClient, ann: User, project: Project) -> None:
    for number in range(5):
        Project.create(by=ann, at=NOON, name=f"Number {number}")
    met: list[str] = []
    page = anns.get("/api/projects/?page_size=2")
    while True:
        met += names(page)
        if page.json()["next"] is None:
            break
        page = anns.get(page.json()["next"])
    assert met == ["General", "The archive", *(f"Number {number}" for number in range(5))]
    assert wrong_fields(anns.get("/api/projects/?name=x")) == {"name"}


def test_managers_change_a_project_and_read_only_fields_sent_back_are_ignored(
    anns: APIClient, bobs: APIClient, address: str
) -> None:
    shown = anns.get(address).json()
    answer = anns.patch(
        address, shown | {"name": "The cellar", "own_tasks_only": True, "role": "viewer"}, format="json"
    )
    assert answer.json() == shown | {"name": "The cellar", "own_tasks_only": True}
    problem(bobs.patch(address, {"name": "Bob's"}, format="json"), 403, "role_too_low")
    assert wrong_fields(anns.patch(address, {"policy": "by lot"}, format="json")) == {"policy"}
    assert wrong_fields(anns.patch(address, {"nope": 1}, format="json")) == {"nope"}
    problem(anns.put(address, {"name": "x"}, format="json"), 405, "method_not_allowed")


def test_the_counts_are_those_of_the_project(
    anns: APIClient, bobs: APIClient, ann: User, bob: User, project: Project, address: str
) -> None:
    Task.create(by=ann, at=NOON, text="Elsewhere")
    Task.create(by=ann, at=NOON, text="New", project=project)
    Task.create(by=ann, at=NOON, text="Running", project=project).start(by=bob, at=NOON)
    happened = Event.objects.filter(type__startswith="task.")
    count_by_status([Message.of(event) for event in happened])
    expected = {"New": 1, "In_Progress": 1, "Completed": 0, "Failed": 0, "Cancelled": 0}
    assert anns.get(address).json()["counts"] == bobs.get(address).json()["counts"] == expected
    project.edit(by=ann, at=NOON, own_tasks_only=True)
    assert (anns.get(address).json()["counts"], bobs.get(address).json()["counts"]) == (expected, None)


def test_only_an_empty_project_is_deleted_and_general_never(
    anns: APIClient, bobs: APIClient, ann: User, boss: User, project: Project, address: str,
    client_of: Callable[[User], APIClient],
) -> None:  # fmt: skip
    task = Task.create(by=ann, at=NOON, text="In the way", project=project)
    problem(bobs.delete(address), 403, "role_too_low")
    problem(anns.delete(address), 409, "project_not_empty")
    problem(client_of(boss).delete("/api/projects/1/"), 409, "general_stays")
    problem(client_of(boss).patch("/api/projects/1/", {"is_open": False}, format="json"), 409, "general_stays")
    problem(anns.patch("/api/projects/1/", {"is_open": False}, format="json"), 403, "role_too_low")
    task.delete_for_good(by=ann, at=NOON)
    assert anns.delete(address).status_code == 204
    problem(anns.get(address), 404, "not_found")


def test_a_bot_founds_no_project(ann: User, client_of: Callable[[User], APIClient]) -> None:
    bot = client_of(User.create_bot("bot", by=ann, at=NOON))
    problem(bot.post("/api/projects/", {"name": "Mine"}, format="json"), 403, "role_too_low")


# --- Members ------------------------------------------------------------------------------------------------------


def test_a_member_is_taken_in_with_what_the_project_has_to_know(anns: APIClient, address: str) -> None:
    zoe = User.objects.create_user("zoe")
    body = {"username": "Zoe", "role": "manager", "skills": ["ocr", " de "], "wip_limit": 3, "available": False}
    answer = anns.post(f"{address}members/", body, format="json")
    assert answer.status_code == 201
    shown = {
        "id": zoe.pk, "username": "zoe", "is_bot": False, "role": "manager", "skills": ["ocr", "de"], "wip_limit": 3,
        "available": False, "load": 0,
    }  # fmt: skip
    assert answer.json() == shown
    assert anns.get(answer["Location"]).json() == shown
    assert names(anns.get(f"{address}members/")) == ["ann", "bob", "zoe"]
    problem(anns.post(f"{address}members/", body, format="json"), 409, "already_member")


def test_a_viewer_sees_the_members(bobs: APIClient, ann: User, bob: User, project: Project, address: str) -> None:
    project.change_member(bob, by=ann, at=NOON, role=Role.VIEWER)
    assert set(names(bobs.get(f"{address}members/"))) == {"ann", "bob"}
    assert set(bobs.get(f"{address}members/me/").json()) == MEMBER_FIELDS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({"username": "nobody"}, "username"),
        ({"username": 7}, "username"),
        ({"username": "nul \x00"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": "zoe", "role": "king"}, "role"),
        ({"username": "zoe", "role": 3}, "role"),
        ({"username": "zoe", "role": ["owner"]}, "role"),
        ({"username": "zoe", "skills": "ocr"}, "skills"),
        ({"username": "zoe", "skills": ["a,b"]}, "skills"),
        ({"username": "zoe", "skills": [f"word{n}" for n in range(21)]}, "skills"),
        ({"username": "zoe", "wip_limit": 0}, "wip_limit"),
        ({"username": "zoe", "wip_limit": -1}, "wip_limit"),
        ({"username": "zoe", "wip_limit": 10**30}, "wip_limit"),
        ({"username": "zoe", "wip_limit": "many"}, "wip_limit"),
        ({"username": "zoe", "available": None}, "available"),
        ({"username": "zoe", "turn": 0}, "turn"),
        ({"username": "zoe", "hand_back": True}, "hand_back"),
    ],
)
def test_bad_words_about_a_member_are_refused(body: dict[str, Any], field: str, anns: APIClient, address: str) -> None:
    User.objects.create_user("zoe")
    assert any(name.startswith(field) for name in wrong_fields(anns.post(f"{address}members/", body, format="json")))
    assert Membership.objects.count() == 2


def test_a_member_is_addressed_by_id_by_name_or_as_me_and_digits_are_always_an_id(
    anns: APIClient, bobs: APIClient, ann: User, bob: User, project: Project, address: str
) -> None:
    digits = User.objects.create_user(str(ann.pk))
    project.admit(digits, by=ann, at=NOON)
    for who in (bob.pk, "bob", "BOB"):
        assert anns.get(f"{address}members/{who}/").json()["username"] == "bob"
    assert bobs.get(f"{address}members/me/").json()["username"] == "bob"
    assert bobs.get(f"{address}members/{ann.pk}/").json()["username"] == "ann"
    assert bobs.get(f"{address}members/{digits.pk}/").json()["username"] == str(ann.pk)


@pytest.mark.parametrize(
    "who", ["999999", "9" * 18, "9" * 19, "9" * 150, "nobody", "sam", "none", "x" * 150, "\u0663", "1%00"]
)
def test_who_takes_no_part_is_not_there(who: str, anns: APIClient, address: str) -> None:
    User.objects.create_user("sam")
    problem(anns.get(f"{address}members/{who}/"), 404, "not_found")
    problem(anns.patch(f"{address}members/{who}/", {"role": "member"}, format="json"), 404, "not_found")
    problem(anns.delete(f"{address}members/{who}/"), 404, "not_found")


def test_a_member_who_goes_away_is_told_what_they_have_not_begun_and_may_hand_it_back(
    anns: APIClient, bobs: APIClient, ann: User, bob: User, project: Project, address: str
) -> None:
    given = [Task.create(by=ann, at=NOON, text="Given", project=project).assign(bob, by=ann, at=NOON) for _ in range(3)]
    given[0].start(by=bob, at=NOON)
    gone = bobs.patch(f"{address}members/me/", {"available": False}, format="json").json()
    assert set(gone) == MEMBER_FIELDS | {"not_started", "handed_back"}
    assert (gone["available"], gone["load"], gone["not_started"], gone["handed_back"]) == (False, 3, 2, 0)
    body = {"available": False, "hand_back": True}
    gone = bobs.patch(f"{address}members/me/", body, format="json").json()
    assert (gone["load"], gone["not_started"], gone["handed_back"]) == (1, 0, 2)
    problem(bobs.patch(f"{address}members/me/", {"wip_limit": 9}, format="json"), 403, "role_too_low")
    problem(bobs.patch(f"{address}members/ann/", body, format="json"), 403, "role_too_low")


def test_managers_change_members_and_read_only_fields_sent_back_are_ignored(anns: APIClient, address: str) -> None:
    shown = anns.get(f"{address}members/bob/").json()
    answer = anns.patch(f"{address}members/bob/", shown | {"role": "viewer", "username": "eve"}, format="json")
    assert answer.json() == shown | {"role": "viewer", "not_started": 0, "handed_back": 0}
    assert wrong_fields(anns.patch(f"{address}members/bob/", {"wip_limit": 0}, format="json")) == {"wip_limit"}
    assert anns.patch(f"{address}members/bob/", {"wip_limit": None}, format="json").json()["wip_limit"] is None


def test_the_last_owner_stays_and_others_go(anns: APIClient, bobs: APIClient, address: str) -> None:
    problem(anns.delete(f"{address}members/me/"), 409, "last_owner")
    problem(anns.patch(f"{address}members/ann/", {"role": "member"}, format="json"), 409, "last_owner")
    problem(bobs.delete(f"{address}members/ann/"), 403, "role_too_low")
    assert bobs.delete(f"{address}members/me/").status_code == 204
    problem(bobs.get(address), 404, "not_found")
    assert names(anns.get(f"{address}members/")) == ["ann"]


def test_into_an_open_project_everybody_may_bring_themselves_and_nobody_else(
    anns: APIClient, bobs: APIClient, bob: User
) -> None:
    assert bobs.post("/api/projects/1/members/", {"username": "me"}, format="json").json()["role"] == "member"
    assert names(anns.get("/api/projects/1/members/")) == ["bob"]
    problem(
        anns.post("/api/projects/1/members/", {"username": "ann", "role": "owner"}, format="json"), 403, "role_too_low"
    )
    problem(bobs.post("/api/projects/1/members/", {"username": "ann"}, format="json"), 403, "role_too_low")
    assert anns.post("/api/projects/1/members/", {"username": "ann"}, format="json").status_code == 201


def test_a_closed_account_is_no_member_that_anybody_sees(anns: APIClient, bob: User, address: str) -> None:
    bob.close(at=NOON)
    assert names(anns.get(f"{address}members/")) == ["ann"]
    problem(anns.get(f"{address}members/{bob.pk}/"), 404, "not_found")


def test_the_members_are_walked_in_pages(anns: APIClient, ann: User, project: Project, address: str) -> None:
    for number in range(5):
        project.admit(User.objects.create_user(f"user{number}"), by=ann, at=NOON)
    first = anns.get(f"{address}members/?page_size=3")
    second = anns.get(first.json()["next"])
    third = anns.get(second.json()["next"])
    assert names(first) + names(second) + names(third) == ["ann", "bob", *(f"user{number}" for number in range(5))]
    assert names(anns.get(second.json()["previous"])) == names(first)
    assert third.json()["next"] is None
