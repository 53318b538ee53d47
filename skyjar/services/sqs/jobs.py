"""What SQS does by itself: expire messages, clear spaces left behind, move messages of a task."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.jobs import job
from skyjar.kernel.tables import At, Place, Table

from . import fifo, state
from .errors import ResourceNotFound
from .state import Message, MoveTask, Queue

CHUNK = 500
SWEPT = 5_000  # messages looked at by one sweep; what is behind them is dropped when it would be received


@job()
def sweep(call: Call, *, arn: str) -> None:
    """Delete the expired messages of a queue, and come again when the next one expires. Named by ARN: who caused it may
    be of another account."""
    found = state.by_arn(call, arn)
    if found is None:
        return
    at, queue = found
    retention_ms = queue.retention_s * 1000
    soonest, gone = 0, 0
    for message in state.all_messages(at, queue, SWEPT):
        expires_ms = message.sent_ms + retention_ms
        if expires_ms > call.now_ms:
            soonest = min(soonest or expires_ms, expires_ms)
            continue
        state.remove_message(at, queue, message)
        if queue.is_fifo:
            fifo.refresh(at, queue.space, message.group, call.now_ms)
        gone += 1
    if gone == SWEPT:
        soonest = call.now_ms
    tally = state.tally_of(at, queue.space)
    state.tallies.put(at, state.replace(tally, stored=tally.stored - gone, sweep_ms=soonest))
    if soonest:
        call.later(sweep, key=queue.space, due=soonest / 1000, arn=arn)


@job()
def clear(call: Call, *, account: str, region: str, space: str, is_fifo: bool) -> None:
    """Remove what is left of a space that no queue uses any more, a part at a time."""
    at = Place(call.tx, account, region)
    messages = state.fifo_messages if is_fifo else state.messages
    tables: tuple[Table[Any], ...] = (
        messages,
        state.flights,
        state.groups,
        state.dedups,
        state.attempts,
        state.rates,
        state.data_keys,
    )
    left = 0
    for each in tables:
        for record in each.range(at, space, limit=CHUNK):
            each.remove(at, record)
            left += 1
    state.tallies.delete(at, space)
    if left:
        call.later(clear, key=space, account=account, region=region, space=space, is_fifo=is_fifo)


@job()
def move_messages(call: Call, *, source: str, task: str) -> None:
    """Move a second's worth of messages, and come again while there are more."""
    found = state.by_arn(call, source)
    running = state.tasks.get(found[0], source, task) if found is not None else None
    if found is None or running is None or running.status not in ("RUNNING", "CANCELLING"):
        return
    at, queue = found
    if running.status == "CANCELLING":
        state.tasks.put(at, state.replace(running, status="CANCELLED", ended_ms=call.now_ms))
        return
    page = _movable(at, queue, call.now_ms, running.per_s or CHUNK)
    moved = 0
    for message in page:
        problem = _move(call, at, queue, message, running.destination)
        if problem:
            failed = state.replace(
                running, status="FAILED", failure=problem, moved=running.moved + moved, ended_ms=call.now_ms
            )
            state.tasks.put(at, failed)
            return
        moved += 1
    done = state.replace(running, moved=running.moved + moved)
    if page and done.moved < done.to_move:
        call.later(move_messages, due=call.now + (1.0 if running.per_s else 0.0), source=source, task=task)
    else:
        done = state.replace(done, status="COMPLETED", ended_ms=call.now_ms)
    state.tasks.put(at, done)


def _movable(at: At, queue: Queue, now_ms: int, limit: int) -> list[Message]:
    """The oldest messages that nobody has in flight; of a FIFO queue none that would overtake one of its group."""
    if not queue.is_fifo:
        return state.visible_messages(at, queue, now_ms, limit)
    stopped: set[str] = set()
    page: list[Message] = []
    for message in state.fifo_messages.each(at, queue.space):
        if message.visible_at_ms > now_ms:
            stopped.add(message.group)
        elif message.group not in stopped:
            page.append(message)
            if len(page) == limit:
                break
    return page


def _move(call: Call, at: At, queue: Queue, message: Message, destination: str) -> str:
    """Why it could not be moved; empty when it was."""
    from .receiving import move

    arn = destination or message.dead_from
    if not arn:
        return "CouldNotDetermineMessageSource"
    target = state.by_arn(call, arn)
    if target is None:
        return "AWS.SimpleQueueService.NonExistentQueue"
    state.remove_message(at, queue, message)
    tally = state.tally_of(at, queue.space)
    state.tallies.put(at, state.replace(tally, stored=tally.stored - 1))
    if queue.is_fifo:
        fifo.refresh(at, queue.space, message.group, call.now_ms)
    # "All redriven messages are considered new messages with a new messageID and enqueueTime" (Developer Guide).
    move(call, state.replace(message, id=call.new_id(), sent_ms=call.now_ms, dead_from=""), *target)
    return ""


def handle_of(task: MoveTask) -> str:
    return b64encode(orjson.dumps({"taskId": task.id, "sourceArn": task.source})).decode()


def read_handle(handle: str) -> tuple[str, str]:
    """The task's id and source ARN."""
    try:
        found = orjson.loads(b64decode(handle, validate=True))
        return str(found["taskId"]), str(found["sourceArn"])
    except (ValueError, KeyError, TypeError):
        raise ResourceNotFound("The task handle is not valid.") from None
