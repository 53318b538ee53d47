"""Archives of FIFO topics: every message is kept for some days, from when the topic's owner asks for it.

Source: Developer Guide, "Message archiving for FIFO topic owners".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import archive_state, limits, state
from .archive_state import Archived
from .errors import InvalidParameterException
from .state import Publication, Topic

DAY_S = 86_400
_SWEPT = 500


def days(text: str) -> int:
    """How long a policy such as `{"MessageRetentionPeriod": "30"}` keeps messages; 0 for none."""
    try:
        given: Any = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        raise InvalidParameterException("ArchivePolicy: failed to parse JSON.") from None
    if given == {}:
        return 0
    value = given.get("MessageRetentionPeriod") if isinstance(given, dict) and len(given) == 1 else None
    least, most = limits.ARCHIVE_DAYS
    if not (str(value).isascii() and str(value).isdigit()) or not least <= int(str(value)) <= most:
        raise InvalidParameterException(
            f"ArchivePolicy: MessageRetentionPeriod must be an integer between {least} and {most}"
        )
    return int(str(value))


def begins_at(topic: Topic, now: float) -> float:
    """The earliest moment that can be replayed from."""
    return max(topic.archive_since, now - topic.archive_days * DAY_S)


def keep(call: Call, at: At, topic: Topic, publication: Publication) -> None:
    if archive_state.archived.first(at, topic.name) is None:
        _plan(state.acting(call, at), topic.name, call.now + topic.archive_days * DAY_S)
    archive_state.archived.add(
        at,
        Archived(topic=topic.name, at_ms=publication.at_ms, number=publication.number, publication=publication),
    )


def _plan(acting: Call, topic: str, due: float) -> None:
    acting.later(sweep, key=topic, due=due, topic=topic)


def forget(at: At, topic: str) -> None:
    for each in archive_state.archived.range(at, topic):
        archive_state.archived.remove(at, each)


@job()
def sweep(call: Call, *, topic: str) -> None:
    """What is older than the policy says goes; then the job waits for the next oldest."""
    found = state.topics.get(call, topic)
    if found is None or not found.archive_days:
        forget(call, topic)
        return
    kept_s = found.archive_days * DAY_S
    before_ms = int((call.now - kept_s) * 1000)
    for each in archive_state.archived.range(call, topic, end=(before_ms + 1,), limit=_SWEPT):
        archive_state.archived.remove(call, each)
    first = archive_state.archived.first(call, topic)
    if first is not None:
        _plan(call, topic, max(call.now, first.at_ms / 1000 + kept_s))
