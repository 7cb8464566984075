"""The commands for people and scripts that ask a server over HTTP: `djirgo task`, `djirgo token`, `djirgo project`.

They need an address and a token, and nothing of the server's: no settings, no data folder, no Django.
"""

COMMANDS = {
    "task": "put tasks in, look at them, take them, say what became of them",
    "token": "make, list and delete the API tokens that programs come with",
    "project": "list the projects that you see",
}


def summary() -> str:
    """What `djirgo help` says of them."""
    lines = [f"    {name:8} {what}" for name, what in COMMANDS.items()]
    return "\n".join(["", "[a server, over HTTP: DJIRGO_URL and DJIRGO_TOKEN say which, and who asks]", *lines])
