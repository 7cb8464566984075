"""The commands for people and scripts that talk to a server: `djirgo task`, `djirgo token`, `djirgo project`."""
