"""How the web is reached."""

import ipaddress

from django.conf import settings

from djirgo.ops.doctor.finding import Finding, failure, warning, well

LOCAL = {"localhost", "127.0.0.1", "[::1]"}


def host_names() -> Finding:
    names = [name for name in settings.ALLOWED_HOSTS if name not in LOCAL]
    if "*" in names:
        return warning("every host name is accepted", "Name the real ones in DJIRGO_ALLOWED_HOSTS.")
    if not names and not _is_local(settings.HOST):
        return warning(
            f"listens on {settings.HOST}, but answers only to localhost",
            "Name the host that people type in DJIRGO_ALLOWED_HOSTS.",
        )
    return well(", ".join(names) or "localhost only")


def debugging() -> Finding:
    if not settings.DEBUG:
        return well("off")
    advice = "Unset DJIRGO_DEBUG: errors show settings and code to whoever asks."
    return warning("on", advice) if _is_local(settings.HOST) else failure("on, and open to others", advice)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
