"""The settings of a project: who may do what there, what is said back, and how its work is given out."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Role, Task
from djirgo.tasks.models.project import GENERAL

from .conftest import NOON, PASSWORD, Browser, text_of

BrowserOf = Callable[[User], Browser]


@pytest.fixture
def crew(attic: Project, ann: User, bob: User) -> Project:
    """Ann owns it, and bob is a member."""
    attic.admit(bob, by=ann, at=NOON)
    return attic


def at(project: Project, page: str) -> str:
    return f"/projects/{project.pk}/{page}"


# --- Founding and changing ----------------------------------------------------------------------------------------


def test_a_project_is_founded_and_belongs_to_whoever_does(anns: Browser, ann: User) -> None:
    answer = anns.post("/projects/new/", {"name": "  Garden ", "own_tasks_only": "on"})
    project = Project.objects.get(name="Garden")
    assert answer["Location"] == at(project, "settings/#members")
    assert (project.is_open, project.own_tasks_only, project.role_of(ann)) == (False, True, Role.OWNER)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\0b"])
def test_a_project_that_cannot_be_called_like_that_is_not_founded(name: str, anns: Browser) -> None:
    answer = anns.post("/projects/new/", {"name": name, "is_open": "on"})
    assert answer.status_code == 400
    assert 'role="alert"' in text_of(answer)
    assert Project.objects.count() == 1


def test_a_manager_says_what_a_project_is_called_and_who_sees_it(anns: Browser, attic: Project) -> None:
    answer = anns.post(at(attic, "settings/"), {"name": "Loft", "is_open": "on"}, follow=True)
    attic.refresh_from_db()
    assert (attic.name, attic.is_open, attic.own_tasks_only) == ("Loft", True, False)
    assert "The project is changed." in text_of(answer)


def test_what_was_refused_is_still_in_the_form(anns: Browser, attic: Project) -> None:
    page = text_of(anns.post(at(attic, "settings/"), {"name": "x" * 101}))
    assert 'value="' + "x" * 101 in page
    assert 'role="alert"' in page


def test_general_stays_open(browser_of: BrowserOf, boss: User, general: Project) -> None:
    answer = browser_of(boss).post(at(general, "settings/"), {"name": "General"})
    assert (answer.status_code, "General is open to everybody" in text_of(answer)) == (409, True)
    assert Project.objects.get(pk=GENERAL).is_open


def test_a_project_with_tasks_is_not_deleted_and_an_empty_one_is(anns: Browser, ann: User, attic: Project) -> None:
    task = Task.create(text="x", project=attic, by=ann, at=NOON)
    answer = anns.post(at(attic, "delete/"))
    assert (answer.status_code, "Only a project without tasks" in text_of(answer)) == (409, True)
    task.delete_for_good(by=ann, at=NOON)
    assert anns.post(at(attic, "delete/"))["Location"] == "/"
    assert not Project.objects.filter(pk=attic.pk).exists()


# --- Members ------------------------------------------------------------------------------------------------------


def test_somebody_is_taken_in_with_what_they_can_do(anns: Browser, attic: Project, bob: User) -> None:
    said = {"username": "@Bob", "role": "manager", "skills": "roof, #wood ,", "wip_limit": "3", "available": "on"}
    answer = anns.post(at(attic, "members/"), said, follow=True)
    member = attic.member(bob)
    assert (member.role, member.skills, member.wip_limit, member.available) == (
        Role.MANAGER,
        ["roof", "wood"],
        3,
        True,
    )
    assert "bob takes part from now on." in text_of(answer)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"username": "nobody", "role": "member"}, "Nobody here is called"),
        ({"username": "", "role": "member"}, "Say who is to take part."),
        ({"username": "bob", "role": "king"}, "king"),
        ({"username": "bob", "role": "member", "wip_limit": "0"}, "greater than or equal to 1"),
        ({"username": "bob", "role": "member", "wip_limit": "many"}, "A limit is a number"),
        ({"username": "bob", "role": "member", "skills": "x" * 51}, "1 to 50 characters"),
        ({"username": "bob", "role": "member", "skills": "a\0b"}, "Null characters"),
        ({"username": "ann", "role": "member"}, "takes part already"),
    ],
)
def test_who_cannot_be_taken_in_like_that_is_not(
    said: dict[str, str], words: str, anns: Browser, attic: Project, bob: User
) -> None:
    answer = anns.post(at(attic, "members/"), said)
    assert answer.status_code in (400, 409)
    assert words in text_of(answer)
    assert attic.memberships.count() == 1


def test_a_member_is_changed(anns: Browser, crew: Project, bob: User) -> None:
    anns.post(at(crew, f"members/{bob.pk}/"), {"role": "viewer", "skills": "", "wip_limit": ""})
    member = crew.member(bob)
    assert (member.role, member.skills, member.wip_limit, member.available) == (Role.VIEWER, [], None, False)


def test_what_is_wrong_about_a_member_is_said_beside_them(anns: Browser, crew: Project, bob: User) -> None:
    page = text_of(anns.post(at(crew, f"members/{bob.pk}/"), {"role": "member", "wip_limit": "x", "skills": "kept"}))
    beside = page.split(f'id="member-{bob.pk}"')[1]
    assert beside.index("A limit is a number") < beside.index('value="kept"')


def test_the_last_owner_stays_one(anns: Browser, crew: Project, ann: User) -> None:
    for address, said in ((f"members/{ann.pk}/", {"role": "member"}), (f"members/{ann.pk}/remove/", {})):
        answer = anns.post(at(crew, address), said)
        assert (answer.status_code, "last owner" in text_of(answer)) == (409, True)
    assert crew.role_of(ann) == Role.OWNER


def test_who_is_let_go_gives_back_what_they_held(anns: Browser, crew: Project, ann: User, bob: User) -> None:
    task = Task.create(text="x", project=crew, by=ann, at=NOON).start(by=bob, at=NOON)
    anns.post(at(crew, f"members/{bob.pk}/remove/"))
    task.refresh_from_db()
    assert (task.performer, crew.role_of(bob)) == (None, None)


def test_who_leaves_a_private_project_is_led_away_from_it(bobs: Browser, crew: Project, bob: User) -> None:
    answer = bobs.post(at(crew, f"members/{bob.pk}/remove/"))
    assert answer["Location"] == "/"
    assert bobs.get(at(crew, "settings/")).status_code == 404


def test_into_an_open_project_one_brings_oneself(bobs: Browser, general: Project, bob: User) -> None:
    assert "Take part" in text_of(bobs.get(at(general, "settings/")))
    bobs.post(at(general, "members/join/"))
    assert general.member(bob).role == Role.MEMBER
    assert bobs.post(at(general, "members/join/")).status_code == 409


def test_who_goes_away_hands_back_what_they_have_not_begun(bobs: Browser, crew: Project, ann: User, bob: User) -> None:
    given, begun = (Task.create(text="x", project=crew, by=ann, at=NOON).assign(bob, by=ann, at=NOON) for _ in "ab")
    begun.start(by=bob, at=NOON)
    assert "Hand back 1 task" in text_of(bobs.get(at(crew, "settings/")))
    answer = bobs.post(at(crew, "members/me/"), {"hand_back": "on", "next": "/mine/"}, follow=True)
    assert answer.redirect_chain == [("/mine/", 302)]
    assert "1 task waits again." in text_of(answer)
    given.refresh_from_db()
    begun.refresh_from_db()
    assert (given.performer, begun.performer, crew.member(bob).available) == (None, bob, False)
    bobs.post(at(crew, "members/me/"), {"available": "on"})
    assert crew.member(bob).available


# --- Who may ------------------------------------------------------------------------------------------------------

MANAGED = ["settings/", "policy/", "members/", "members/{bob}/", "members/{bob}/remove/", "delete/", "giving-out/"]


@pytest.mark.parametrize("address", MANAGED)
def test_a_stranger_is_told_that_it_is_not_there(address: str, bobs: Browser, attic: Project, bob: User) -> None:
    path = at(attic, address.format(bob=bob.pk))
    assert bobs.post(path, {"name": "Mine", "policy": "manual"}).status_code == 404
    attic.refresh_from_db()
    assert attic.name == "Attic"


@pytest.mark.parametrize("address", MANAGED)
def test_a_member_looks_on_without_buttons(
    address: str, browser_of: BrowserOf, crew: Project, ann: User, bob: User
) -> None:
    eve = User.objects.create_user("eve", password=PASSWORD)
    crew.admit(eve, role=Role.VIEWER, by=ann, at=NOON)
    page = text_of(browser_of(eve).get(at(crew, "settings/")))
    path = at(crew, address.format(bob=bob.pk))
    assert f'action="{path}"' not in page
    said = {"name": "Mine", "policy": "round_robin", "username": "boss", "role": "owner"}
    User.objects.create_user("boss")
    assert browser_of(eve).post(path, said).status_code == 403
    crew.refresh_from_db()
    assert (crew.name, crew.policy, crew.memberships.count()) == ("Attic", "manual", 3)


def test_a_manager_makes_no_owners(browser_of: BrowserOf, crew: Project, ann: User, bob: User) -> None:
    crew.change_member(bob, role=Role.MANAGER, by=ann, at=NOON)
    bobs = browser_of(bob)
    page = text_of(bobs.get(at(crew, "settings/")))
    assert 'value="owner"' not in page
    assert f'action="{at(crew, f"members/{ann.pk}/")}"' not in page
    assert bobs.post(at(crew, f"members/{bob.pk}/"), {"role": "owner"}).status_code == 403


# --- Giving out ---------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_who_would_get_what_and_changes_nothing(
    anns: Browser, crew: Project, ann: User, bob: User
) -> None:
    crew.edit(policy="least_loaded", by=ann, at=NOON)
    crew.change_member(ann, available=False, by=ann, at=NOON)
    mine = Task.create(text="Anything", project=crew, by=ann, at=NOON)
    stuck = Task.create(text="Welding", labels=["weld"], project=crew, by=ann, at=NOON)
    page = text_of(anns.get(at(crew, "giving-out/")))
    assert "bob has the fewest open tasks" in page
    assert "No member has all of the skills: weld." in page
    mine.refresh_from_db()
    assert mine.performer is None
    answer = anns.post(at(crew, "giving-out/"), follow=True)
    assert "1 task is given out." in text_of(answer)
    mine.refresh_from_db()
    stuck.refresh_from_db()
    assert (mine.performer, stuck.performer) == (bob, None)
    assert "There was nothing to give out." in text_of(anns.post(at(crew, "giving-out/"), follow=True))


@pytest.mark.parametrize(("policy", "status"), [("round_robin", 302), ("whim", 400), ("", 400), ("x" * 99, 400)])
def test_a_policy_is_one_that_there_is(policy: str, status: int, anns: Browser, attic: Project) -> None:
    assert anns.post(at(attic, "policy/"), {"policy": policy}).status_code == status
    attic.refresh_from_db()
    assert attic.policy == ("round_robin" if status == 302 else "manual")


def test_a_russian_reads_why_in_russian(browser_of: BrowserOf, crew: Project, ann: User) -> None:
    crew.edit(policy="round_robin", by=ann, at=NOON)
    Task.create(text="Что угодно", project=crew, by=ann, at=NOON)
    Task.create(text="Сварка", labels=["weld"], project=crew, by=ann, at=NOON)
    page = text_of(browser_of(ann).get(at(crew, "giving-out/"), HTTP_ACCEPT_LANGUAGE="ru"))
    assert "по правилу «По очереди" in page
    assert "Ни у кого из участников нет всех навыков: weld." in page


# --- Speed --------------------------------------------------------------------------------------------------------


def queries(browser: Browser, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_many_members_are_told_a_page_at_a_time_by_as_few_queries(anns: Browser, crew: Project, ann: User) -> None:
    few = queries(anns, at(crew, "settings/"))
    for number in range(60):
        crew.admit(User.objects.create_user(f"person{number}"), by=ann, at=NOON)
    assert queries(anns, at(crew, "settings/")) == few
    page = text_of(anns.get(at(crew, "settings/")))
    assert page.count('class="member"') == 50
    last = page.rpartition('id="member-')[2].partition('"')[0]
    more = text_of(anns.get(at(crew, f"settings/?after={last}")))
    assert more.count('class="member"') == 12
    assert "person59" in more
    assert "There are no more." in text_of(anns.get(at(crew, f"settings/?after={10**30}")))
