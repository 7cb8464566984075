"""The client stands by itself: it brings neither Django nor anything else of the server along."""

import subprocess
import sys
from importlib.resources import files


def test_it_needs_no_django_and_nothing_of_the_server() -> None:
    code = (
        "import sys, djirgo.client\n"
        "print(*sorted(name for name in sys.modules if name.split('.')[0] in ('django', 'rest_framework', 'rich')"
        " or name.startswith('djirgo.') and not name.startswith('djirgo.client')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_its_types_are_for_others_too() -> None:
    assert files("djirgo.client").joinpath("py.typed").is_file()
