"""Prints what arrives in the queue `djirgo.tasks`, a line for each message: `djirgo consume` under its old name.

    RABBITMQ_URL=amqp://user:password@host:5672/ .venv/bin/python rabbitmq_consumer.py [--json] [--queue NAME]

docs/events.md has a reader of ten lines that needs nothing of Djirgo.
"""

import sys

from djirgo.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "consume")
    main()
