"""The `djirgo` command."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command. A wrong set-up is one sentence and exit status 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "djirgo.config.settings")
    try:
        execute_from_command_line(["djirgo", *sys.argv[1:]])
    except ImproperlyConfigured as error:
        print(f"djirgo: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
