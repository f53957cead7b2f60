"""A message as a mail in wire format (RFC 5322, MIME).

Made with the standard library's older classes: the newer ones parse every header they are given,
which took more of the processor than everything else the dispatcher does for a mail.
"""

from __future__ import annotations

from email.header import Header
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, localtime

from connectors.gateways.ports import Outgoing

_POLICY = compat32.clone(linesep="\r\n", max_line_length=998)


def mail_of(message: Outgoing, mail_from: str) -> bytes:
    """The mail. Raises ValueError when a field can't be a header."""
    # The content type `text` has CRLF as its line break whatever the encoding (RFC 2046, 4.1.1).
    body = message.body.replace("\r\n", "\n").replace("\n", "\r\n")
    mail = MIMEText(body, "plain", "utf-8", policy=_POLICY)
    headers = {
        "From": mail_from,
        "To": message.to,
        "Subject": message.subject or "",
        "Date": format_datetime(localtime()),
        "X-Message-Id": message.message_id,
        "Auto-Submitted": "auto-generated",
    }
    if message.language:
        headers["Content-Language"] = message.language
    for name, text in headers.items():
        mail[name] = _header(name, text)
    return mail.as_bytes()


def _header(name: str, text: str) -> str:
    """`text` as the value of a header; words beyond ASCII are encoded (RFC 2047)."""
    if not text.isprintable():  # a line break would begin another header
        raise ValueError(f"{name} holds a control character")
    return text if text.isascii() else Header(text, "utf-8", header_name=name).encode()
