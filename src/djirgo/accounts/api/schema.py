"""How the OpenAPI document speaks of logging in."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from djirgo.accounts.api.fields import LONGEST_PASSWORD

#: Written by hand, because drf-spectacular knows no DELETE that carries a body.
CLOSE_ACCOUNT: dict[str, Any] = {
    "operationId": "close_account",
    "description": "Close your account, for good: your name is free again, and your tasks stay.",
    "tags": ["auth"],
    "security": [{"bearer": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"current_password": {"type": "string", "maxLength": LONGEST_PASSWORD}},
                    "required": ["current_password"],
                }
            }
        },
    },
    "responses": {"204": {"description": "It is closed."}},
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "djirgo.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT, or an API token"}


class CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "djirgo.accounts.authentication.CookieAuthentication"
    name = "cookie"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
