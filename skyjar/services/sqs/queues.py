"""Operations on queues."""

from __future__ import annotations

import re
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At

from . import attributes as rules
from . import fifo, jobs, limits, state
from .errors import (
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidParameterValue,
    PurgeQueueInProgress,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
)
from .state import Queue

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,80}\Z")
COUNTED = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
KNOWN = frozenset((*rules.SETTABLE, *COUNTED, "All", "QueueArn", "CreatedTimestamp", "LastModifiedTimestamp"))


@operation
def create_queue(
    call: Call, *, queue_name: str, attributes: dict[str, str] | None = None, tags: dict[str, str] | None = None
) -> dict[str, Any]:
    given = attributes or {}
    is_fifo = given.get("FifoQueue", "false").lower() == "true"
    _check_name(queue_name, is_fifo)
    if given.get("FifoQueue", "").lower() == "false":
        raise InvalidAttributeName("Unknown Attribute FifoQueue.")
    fields = rules.read(given, is_fifo)
    existing = state.queues.get(call, queue_name)
    if existing is not None:
        _check_same(existing, given, fields)
        return {"QueueUrl": state.url_of(call, call, queue_name)}
    gone = state.deleted.get(call, queue_name)
    if gone is not None and call.now < gone.at_s + limits.DELETED_RECENTLY_S:
        raise QueueDeletedRecently
    _check_tags(tags or {})
    queue = Queue(
        name=queue_name,
        space=call.chance.hex(2 * state.SPACE_DIGITS),
        created_s=int(call.now),
        modified_s=int(call.now),
        tags=tags or {},
        **fields,
    )
    rules.check(queue)
    _check_redrive(call, call, queue)
    state.queues.add(call, queue)
    return {"QueueUrl": state.url_of(call, call, queue_name)}


def _check_name(name: str, is_fifo: bool) -> None:
    stem = name.removesuffix(".fifo") if is_fifo else name
    if is_fifo and not name.endswith(".fifo"):
        raise InvalidParameterValue(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
        )
    if not _NAME.match(stem) or len(name) > limits.NAME_LENGTH:
        raise InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def _check_same(existing: Queue, given: dict[str, str], fields: dict[str, Any]) -> None:
    """CreateQueue of an existing queue answers its URL if no attribute given differs."""
    for name, value in given.items():
        for field in rules.SETTABLE[name](name, value):
            if getattr(existing, field) != fields[field]:
                raise QueueNameExists(
                    f"A queue already exists with the same name and a different value for attribute {name}"
                )


def _check_redrive(call: Call, at: At, queue: Queue) -> None:
    if queue.redrive is None:
        return
    target = state.by_arn(call, queue.redrive[0])
    value = rules.show(queue)["RedrivePolicy"]
    start = f"Value {value} for parameter RedrivePolicy is invalid. Reason: "
    if target is None:
        raise InvalidParameterValue(start + "Dead letter target does not exist.")
    where, dead = target
    if (where.account, where.region) != (at.account, at.region):
        raise InvalidParameterValue(start + "Dead letter target must be in the same account and region.")
    if dead.is_fifo != queue.is_fifo:
        kind = "FIFO" if queue.is_fifo else "standard"
        raise InvalidParameterValue(start + f"Dead letter target must be same type of queue as the source: {kind}.")
    if not may_redrive(dead, state.arn_of(at, queue.name)):
        raise InvalidParameterValue(
            start + "The dead-letter queue's redrive allow policy does not allow this source queue."
        )


def may_redrive(dead: Queue, source: str) -> bool:
    """Whether the dead-letter queue's RedriveAllowPolicy admits the source queue's ARN."""
    if not dead.redrive_allow:
        return True
    allow = orjson.loads(dead.redrive_allow)
    permission = allow["redrivePermission"]
    return permission == "allowAll" or (permission == "byQueue" and source in allow.get("sourceQueueArns", []))


def _check_tags(tags: dict[str, str]) -> None:
    if len(tags) > limits.TAGS:
        raise InvalidParameterValue(f"Too many tags added for queue. Maximum number of tags is {limits.TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= limits.TAG_KEY_LENGTH or key.lower().startswith("aws:"):
            raise InvalidParameterValue(f"Tag key {key} is invalid.")
        if len(value) > limits.TAG_VALUE_LENGTH:
            raise InvalidParameterValue(f"Tag value for key {key} must be shorter than 256 characters.")


@operation
def get_queue_url(call: Call, *, queue_name: str, queue_owner_aws_account_id: str = "") -> dict[str, Any]:
    at, queue = state.by_url(call, f"/{queue_owner_aws_account_id or call.account}/{queue_name}")
    return {"QueueUrl": state.url_of(call, at, queue.name)}


@operation
def list_queues(
    call: Call, *, queue_name_prefix: str = "", next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    limit = _page(max_results)
    urls: list[str] = []
    for queue in state.queues.each(call, start=(max(next_token, queue_name_prefix),)):
        if not queue.name.startswith(queue_name_prefix):
            break
        if len(urls) == limit:
            token = {"NextToken": queue.name} if max_results else {}
            return {"QueueUrls": urls, **token}
        urls.append(state.url_of(call, call, queue.name))
    return {"QueueUrls": urls} if urls else {}


def _page(max_results: int | None) -> int:
    if max_results is not None and not 1 <= max_results <= limits.LIST_RESULTS:
        raise InvalidParameterValue(
            f"Value {max_results} for parameter MaxResults is invalid. Reason: Must be between 1 and 1000."
        )
    return max_results or limits.LIST_RESULTS


@operation
def get_queue_attributes(call: Call, *, queue_url: str, attribute_names: list[str] | None = None) -> dict[str, Any]:
    at, queue = state.by_url(call, queue_url)
    wanted = set(attribute_names or ())
    for name in wanted:
        if name not in KNOWN:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    if not wanted:
        return {}
    shown = {"QueueArn": state.arn_of(at, queue.name), **rules.show(queue)}
    if "All" in wanted or wanted.intersection(COUNTED):
        shown |= {name: str(count) for name, count in zip(COUNTED, state.counts(at, queue, call.now_ms), strict=True)}
    if "All" not in wanted:
        shown = {name: value for name, value in shown.items() if name in wanted}
    return {"Attributes": shown} if shown else {}


@operation
def set_queue_attributes(call: Call, *, queue_url: str, attributes: dict[str, str]) -> None:
    at, queue = state.by_url(call, queue_url)
    if "FifoQueue" in attributes and not queue.is_fifo:
        raise InvalidAttributeName("Unknown Attribute FifoQueue.")
    if attributes.get("FifoQueue", "true").lower() == "false":
        raise InvalidAttributeValue("FifoQueue", "Modifying queue type is not supported.")
    fields = rules.read(attributes, queue.is_fifo)
    changed: Queue = state.replace(queue, modified_s=int(call.now), **fields)
    rules.check(changed)
    if "redrive" in fields:
        _check_redrive(call, at, changed)
    state.queues.replace(at, queue, changed)
    if changed.is_fifo and changed.delay_s != queue.delay_s:
        fifo.redelay(at, changed, queue.delay_s, call.now_ms)
    if changed.retention_s < queue.retention_s:
        call.later(jobs.sweep, key=queue.space, arn=state.arn_of(at, queue.name))


@operation
def delete_queue(call: Call, *, queue_url: str) -> None:
    at, name = state.locate(call, queue_url)
    queue = state.queues.get(at, name)
    if queue is None:
        raise QueueDoesNotExist
    state.queues.remove(at, queue)
    state.deleted.put(at, state.Deleted(name=name, at_s=call.now))
    _clear(call, at, queue)


def _clear(call: Call, at: At, queue: Queue) -> None:
    call.later(
        jobs.clear,
        key=queue.space,
        account=at.account,
        region=at.region,
        space=queue.space,
        is_fifo=queue.is_fifo,
    )


@operation
def purge_queue(call: Call, *, queue_url: str) -> None:
    at, queue = state.by_url(call, queue_url)
    if queue.purged_s and call.now < queue.purged_s + limits.PURGE_S:
        raise PurgeQueueInProgress(f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds.")
    fresh = queue.space[: state.SPACE_DIGITS] + call.chance.hex(state.SPACE_DIGITS)
    state.queues.replace(at, queue, state.replace(queue, space=fresh, purged_s=call.now))
    state.tallies.add(at, state.Tally(space=fresh, next_seq=state.tally_of(at, queue.space).next_seq))
    _clear(call, at, queue)


@operation
def tag_queue(call: Call, *, queue_url: str, tags: dict[str, str]) -> None:
    at, queue = state.by_url(call, queue_url)
    merged = {**queue.tags, **tags}
    _check_tags(merged)
    state.queues.replace(at, queue, state.replace(queue, tags=merged))


@operation
def untag_queue(call: Call, *, queue_url: str, tag_keys: list[str]) -> None:
    at, queue = state.by_url(call, queue_url)
    left = {key: value for key, value in queue.tags.items() if key not in tag_keys}
    state.queues.replace(at, queue, state.replace(queue, tags=left))


@operation
def list_queue_tags(call: Call, *, queue_url: str) -> dict[str, Any]:
    _, queue = state.by_url(call, queue_url)
    return {"Tags": queue.tags} if queue.tags else {}


@operation
def list_dead_letter_source_queues(
    call: Call, *, queue_url: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    at, dead = state.by_url(call, queue_url)
    arn = state.arn_of(at, dead.name)
    limit = _page(max_results)
    urls: list[str] = []
    for queue in state.queues.each(at, start=(next_token,) if next_token else ()):
        if queue.redrive is None or queue.redrive[0] != arn:
            continue
        if len(urls) == limit:
            token = {"NextToken": queue.name} if max_results else {}
            return {"queueUrls": urls, **token}
        urls.append(state.url_of(call, at, queue.name))
    return {"queueUrls": urls}
