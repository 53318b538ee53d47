"""Replays: a subscription gets archived messages again, then what was published meanwhile, then new messages as usual.

Source: Developer Guide, "Message replay for FIFO topic subscribers". Each replayed message carries the attribute `Replayed`.
Its deduplication id is another one than the first time's, since the queue would drop it otherwise within five minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At

from . import archive_state, archives, deliveries, state
from .archive_state import Archived
from .errors import InvalidParameterException
from .state import Attribute, Subscription, Topic

PAGE = 100
OPEN = ("Pending", "In progress")


def window(topic: Topic, text: str, now: float) -> tuple[float, float]:
    """From when until when a policy replays, seconds since the epoch; the end is 0 where it has none."""
    try:
        given: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidParameterException("ReplayPolicy: failed to parse JSON.") from None
    if not isinstance(given, dict) or given.keys() - {"PointType", "StartingPoint", "EndingPoint"}:
        raise InvalidParameterException("ReplayPolicy: Unexpected JSON member")
    if given.get("PointType") != "Timestamp":
        raise InvalidParameterException("ReplayPolicy: PointType must be Timestamp")
    if not topic.archive_days:
        raise InvalidParameterException("ReplayPolicy: the topic has no ArchivePolicy")
    start = _moment(given.get("StartingPoint"), "StartingPoint")
    end = _moment(given["EndingPoint"], "EndingPoint") if "EndingPoint" in given else 0.0
    if int(start) < int(archives.begins_at(topic, now)) or start > now:
        raise InvalidParameterException("ReplayPolicy: StartingPoint is not within the archive")
    if end and end <= start:
        raise InvalidParameterException("ReplayPolicy: EndingPoint must be after StartingPoint")
    return start, end


def _moment(value: Any, name: str) -> float:
    try:
        found = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        raise InvalidParameterException(f"ReplayPolicy: {name} is not an ISO 8601 timestamp") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def begin(call: Call, at: At, topic: Topic, found: Subscription, text: str) -> Subscription:
    """The subscription with its replay under way; an empty policy ends the one that there was."""
    if not text or text.strip() == "{}":
        ended = _done(at, topic, found) if found.replay_status in OPEN else found
        return state.replace(ended, replay_policy="")  # type: ignore[no-any-return]
    start, end = window(topic, text, call.now)
    waiting = state.publications.first(at, topic.name)
    number = waiting.number if waiting is not None else state.last_number(at, topic.name) + 1
    if found.replay_status in OPEN:
        number = found.replay_first_new
    acting = state.acting(call, at)
    acting.later(go_on, key=found.id, topic=topic.name, subscription=found.id)
    return state.replace(  # type: ignore[no-any-return]
        found,
        replay_policy=text,
        replay_status="Pending",
        replay_from=(int(start * 1000), 0),
        replay_until_ms=int(end * 1000) if end else 0,
        replay_first_new=number,
    )


def _done(at: At, topic: Topic, found: Subscription) -> Subscription:
    """New messages come as usual again; those up to the latest archived one have come already."""
    last = archive_state.archived.range(at, topic.name, reverse=True, limit=1)
    upto = last[0].number if last else found.replayed_upto
    return state.replace(found, replay_status="Completed", replayed_upto=upto)  # type: ignore[no-any-return]


@job()
def go_on(call: Call, *, topic: str, subscription: str) -> None:
    found = state.topics.get(call, topic)
    if found is None:
        return
    owner = state.subscriptions.get(call, state.topic_arn(call, topic), subscription)
    if owner is None or owner.replay_status not in OPEN or owner.is_pending:
        return
    page = archive_state.archived.range(call, topic, start=owner.replay_from, limit=PAGE)
    for each in page:
        is_new = each.number >= owner.replay_first_new
        if is_new or not owner.replay_until_ms or each.at_ms <= owner.replay_until_ms:
            deliveries.give_one(call, found, owner, each.publication if is_new else _again(each, owner))
    if len(page) < PAGE:
        new = _done(call, found, owner)
    else:
        new = state.replace(owner, replay_status="In progress", replay_from=(page[-1].at_ms, page[-1].number + 1))
        call.later(go_on, key=subscription, topic=topic, subscription=subscription)
    state.subscriptions.replace(call, owner, new)


def _again(each: Archived, owner: Subscription) -> Any:
    published = each.publication
    return state.replace(
        published,
        attributes={**published.attributes, "Replayed": Attribute("String", "true")},
        dedup_id=f"{published.id}/{owner.replay_from[0]}/{owner.id[:8]}",
    )
