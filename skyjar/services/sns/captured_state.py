"""What would have left the cloud as mail, text message or push: kept to be read at `/_aws/sns/captured`."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import Place, Record, Table

from . import limits


class Captured(Record, frozen=True):
    """`kind` is email, email-json, sms or push; `to` an address, a phone number or an endpoint's ARN."""

    number: int
    kind: str
    account: str
    region: str
    to: str
    body: str
    at: float
    message_id: str
    subject: str = ""
    topic: str = ""
    attributes: dict[str, dict[str, str]] = {}


captured = Table("sns.captured", Captured, key=("number",), scope="cloud")


def everywhere(call: Call) -> Place:
    return Place(call.tx, "", "")


def keep(
    call: Call,
    kind: str,
    to: str,
    body: str,
    *,
    message_id: str,
    subject: str = "",
    topic: str = "",
    attributes: dict[str, dict[str, str]] | None = None,
) -> None:
    """Keep it; the oldest goes when there are too many."""
    at = everywhere(call)
    last = captured.range(at, reverse=True, limit=1)
    number = last[0].number + 1 if last else 1
    captured.add(
        at,
        Captured(
            number=number,
            kind=kind,
            account=call.account,
            region=call.region,
            to=to,
            body=body,
            at=call.now,
            message_id=message_id,
            subject=subject,
            topic=topic,
            attributes=attributes or {},
        ),
    )
    for old in captured.range(at, end=(number - limits.CAPTURED + 1,), limit=2):
        captured.remove(at, old)
