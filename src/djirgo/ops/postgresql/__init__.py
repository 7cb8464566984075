"""Django's PostgreSQL, for a server that may be away, and quicker where every request passes: see `base`."""
