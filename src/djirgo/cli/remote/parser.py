"""What can be typed."""

import argparse
from collections.abc import Callable
from datetime import datetime

from djirgo.cli.remote import COMMANDS, projects, tasks, tokens
from djirgo.cli.remote.importing import FORMATS, import_file
from djirgo.cli.remote.moments import is_moment, moment

STATUSES = ("New", "In_Progress", "Completed", "Failed", "Cancelled")
PRIORITIES = ("low", "normal", "high", "urgent")
SCOPES = ("read", "write", "work")
ADDRESS = (
    "The server is DJIRGO_URL (http://127.0.0.1:8000 if nothing is said), and DJIRGO_TOKEN says who asks. "
    "Ends with 0 when it is done, 1 when the server refuses, 2 when it was typed wrong, 3 when no server answers."
)


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser("djirgo", epilog=ADDRESS)
    rooms = whole.add_subparsers(dest="room", required=True, metavar="command")
    for name, furnish in (("task", _task), ("token", _token), ("project", _project)):
        room = rooms.add_parser(
            name, help=COMMANDS[name], description=f"{COMMANDS[name].capitalize()}.", epilog=ADDRESS
        )
        furnish(Room(room))
    return whole


class Room:
    """The commands that stand behind one word."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def add(self, name: str, run: Callable[..., int], what: str) -> argparse.ArgumentParser:
        command = self._commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
        command.set_defaults(run=run)
        command.add_argument(
            "--json", action="store_true", help="for programs: a JSON document for each thing, one a line"
        )
        return command


# --- djirgo task ------------------------------------------------------------------------------------------------------


def _task(room: Room) -> None:
    add = room.add("add", tasks.add, "put a task in")
    add.add_argument(
        "text", help="what there is to do; the first line is the title, and - reads it from standard input"
    )
    add.add_argument("--project", help="its id or its name; General if nothing is said")
    add.add_argument("--label", action="append", default=[], dest="labels", help="say it again for each label")
    add.add_argument("--priority", choices=PRIORITIES)
    add.add_argument("--due", type=when, help="2026-03-05 or 2026-03-05T12:00, by the clock here, or with an offset")
    add.add_argument("--blocked-by", type=number, nargs="+", default=[], metavar="ID", help="to be finished first")
    _list(room)
    show = room.add("show", tasks.show, "show a task with all that is known about it")
    show.add_argument("id", type=number)
    show.add_argument("--history", action="store_true", help="what has happened to it")
    _take(room)
    _verbs(room)
    read = room.add(
        "import", import_file, "put the tasks of a file in, each of them once, however often it has to be run"
    )
    read.add_argument(
        "file", help="JSON lines or CSV with a column for each field, text before all; - is standard input"
    )
    read.add_argument("--format", choices=FORMATS, help="where the name of the file does not say it")
    read.add_argument("--again", action="store_true", help="also those rows that were put in within the last day")


def _list(room: Room) -> None:
    command = room.add("list", tasks.list_, "list tasks, the newest first")
    command.add_argument("--status", choices=STATUSES, dest="task_status")
    command.add_argument("--owner", help="a username, or me")
    command.add_argument("--performer", help="a username, me, or none")
    command.add_argument("--project", help="its id or its name")
    command.add_argument("--label")
    command.add_argument("--priority", choices=PRIORITIES)
    command.add_argument("--ready", action=argparse.BooleanOptionalAction, help="whether somebody may start it")
    command.add_argument("--due-before", type=when, metavar="WHEN")
    command.add_argument("--due-after", type=when, metavar="WHEN")
    command.add_argument("--updated-since", type=when, metavar="WHEN")
    command.add_argument("--search", help="words that are in the text, in any of their forms")
    command.add_argument(
        "--order",
        dest="ordering",
        metavar="FIELD",
        help="id, pub_date, updated_at, due_at or priority; --order=-id turns it round",
    )
    command.add_argument("--limit", type=number, default=50, help="so many at most, 50 if nothing is said")
    command.add_argument("--all", action="store_true", help="all of them")


def _take(room: Room) -> None:
    claim = room.add("claim", tasks.claim, "take the most urgent task that is ready, or this one")
    claim.add_argument("id", type=number, nargs="?")
    claim.add_argument("--project", help="only of this one: its id or its name")
    claim.add_argument(
        "--label", action="append", default=[], dest="labels", help="only what carries it, and all others said"
    )
    claim.add_argument("--lease-seconds", type=number, metavar="SECONDS", help="for so long; then it goes back")
    claim.add_argument(
        "--wait", type=number, nargs="?", const=20, default=0, dest="wait_seconds", metavar="SECONDS",
        help="where there is none: 20 seconds, or fewer",
    )  # fmt: skip
    renew = room.add("renew", tasks.renew, "keep a lease from running out")
    renew.add_argument("id", type=number)
    renew.add_argument("--lease", required=True, metavar="TOKEN", help="what the claim has answered")


def _verbs(room: Room) -> None:
    for name, what in (
        ("start", "begin to work on tasks: the clock runs"),
        ("pause", "stop their clock"),
        ("resume", "let their clock run again"),
        ("release", "give tasks back"),
        ("complete", "say that tasks are done"),
        ("fail", "say that tasks cannot be done"),
        ("cancel", "say that tasks are not to be done"),
        ("reopen", "have tasks done again"),
        ("assign", "say who is to do tasks"),
    ):
        command = room.add(name, tasks.verb, what)
        command.add_argument("ids", type=number, nargs="+", metavar="ID")
        if name not in ("start", "reopen"):
            command.add_argument("--lease", metavar="TOKEN", help="of a task that was claimed for a time")
        if name == "fail":
            command.add_argument("--reason", default="")
            command.add_argument("--no-retry", action="store_false", dest="retry", help="it does not come back")
        if name == "assign":
            command.add_argument(
                "--to", required=True, dest="performer", metavar="WHOM", help="a username, me, or none"
            )


# --- djirgo token, djirgo project -------------------------------------------------------------------------------------


def _token(room: Room) -> None:
    create = room.add("create", tokens.create, "make a token, which is shown this once")
    create.add_argument("name", help="for you to know it by")
    good_for = "what it is good for; read and work if nothing is said"
    create.add_argument("--scope", action="append", choices=SCOPES, dest="scopes", help=good_for)
    create.add_argument("--expires", type=when_or_never, metavar="WHEN", help="or never; in 90 days if nothing is said")
    create.add_argument("--bot", metavar="USERNAME", help="for this bot, which is made if it is not there")
    delete = room.add("delete", tokens.delete, "end tokens, at once and for good")
    delete.add_argument("ids", type=number, nargs="+", metavar="ID")
    for command in (create, room.add("list", tokens.list_, "list your tokens and those of your bots"), delete):
        command.add_argument("--username", help="DJIRGO_USERNAME if nothing is said; the password is asked for")


def _project(room: Room) -> None:
    room.add("list", projects.list_, "list the projects that you see")


# --- Kinds of words ---------------------------------------------------------------------------------------------------


def number(said: str) -> int:
    if not (said.isascii() and said.isdigit() and 0 < int(said) < 2**63):
        raise argparse.ArgumentTypeError(f"{said!r} is not a number from 1")
    return int(said)


def when(said: str) -> datetime:
    if not is_moment(said):
        raise argparse.ArgumentTypeError(f"{said!r} is no date, like 2026-03-05 or 2026-03-05T12:00")
    return moment(said)


def when_or_never(said: str) -> datetime | str:
    return said if said == "never" else when(said)
