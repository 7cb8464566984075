"""The `djirgo` command."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from djirgo.ops.start import CannotStart

INTERRUPTED = 130
WRONGLY_SET_UP = 2


def main() -> None:
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
