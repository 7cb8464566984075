"""Django's PostgreSQL, quicker where requests pass: see `base`."""
