"""What people are told by e-mail."""

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from djoser.utils import encode_uid

from djirgo.accounts.models import User

log = structlog.get_logger(__name__)

SUBJECT = "A new password for Djirgo"
TEXT = """\
Hello {username},

somebody, hopefully you, asked for a new password for your account. To set one, send these two and the new password
to /api/auth/users/reset_password_confirm/ as uid, token and new_password:

uid: {uid}
token: {token}

They work once, for {hours} hours. If it was not you, do nothing: your password stays as it is.
"""


def tell_how_to_reset_password(user: User) -> None:
    """Who asked is answered the same whether this succeeds or not, lest the answer says whose address it is."""
    text = TEXT.format(
        username=user.username,
        uid=encode_uid(user.pk),
        token=default_token_generator.make_token(user),
        hours=settings.PASSWORD_RESET_TIMEOUT // 3600,
    )
    try:
        send_mail(SUBJECT, text, None, [user.email])
    except (OSError, SMTPException):
        log.exception("password_reset_mail_failed", user=user.pk)
