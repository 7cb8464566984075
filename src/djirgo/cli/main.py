"""The `djirgo` command: what talks to a server goes one way, what is a server goes the other, and needs Django."""

import os
import sys

from djirgo.cli import remote
from djirgo.ops import collector
from djirgo.ops.counters import counted_together

INTERRUPTED = 130
WRONGLY_SET_UP = 2


def main() -> None:
    arguments = sys.argv[1:]
    match arguments:
        case [command, *_] if command in remote.COMMANDS:
            _ask(arguments)
        case ["help", command, *_] if command in remote.COMMANDS:
            _ask([command, "--help"])
        case [] | [("help" | "--help" | "-h")]:
            _manage()
            print(remote.summary())
        case [("up" | "serve"), *_]:
            with counted_together():
                _manage()
        case _:
            _manage()


def _ask(arguments: list[str]) -> None:
    from djirgo.cli.remote.run import run

    sys.exit(run(arguments))


def _manage() -> None:
    collector.look_seldom()  # before the imports, which make most of what there is
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from djirgo.ops.start import CannotStart

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djirgo.config.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, CannotStart) as error:
        print(f"djirgo: {error}", file=sys.stderr)
        sys.exit(WRONGLY_SET_UP)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
