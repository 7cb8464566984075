"""Django's PostgreSQL, for a server that may be away: see `base`."""
