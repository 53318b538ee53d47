"""Groups of a FIFO queue: order within a group, one group's messages in flight at a time.

A group's row says when it can next be received from. It is written by every change to the group's messages, from what
stands at the group's head: messages in flight are always the first ones, because they were delivered in order.
"""

from __future__ import annotations

from skyjar.kernel.tables import At

from . import state
from .state import Group, Message, Queue

_FIRST_NUMBER = 18_849_000_000_000_000_000


def sequence_number(seq: int) -> str:
    """A message's SequenceNumber: 20 digits, growing."""
    return str(_FIRST_NUMBER + seq * 256)


def joined(at: At, message: Message) -> None:
    """A message was added to the end of its group."""
    if state.groups.get(at, message.space, message.group) is None:
        state.groups.add(
            at,
            Group(space=message.space, name=message.group, ready_at_ms=message.visible_at_ms, head_seq=message.seq),
        )


def refresh(at: At, space: str, name: str, now_ms: int) -> None:
    """A message of the group was received, deleted, moved or changed: work out when the group is ready."""
    group = state.groups.get(at, space, name)
    head = state.fifo_messages.first(at, space, name, via="group")
    if head is None:
        if group is not None:
            state.groups.remove(at, group)
        return
    new = Group(space=space, name=name, ready_at_ms=_ready_at(at, head, now_ms), head_seq=head.seq)
    if group is None:
        state.groups.add(at, new)
    elif new != group:
        state.groups.replace(at, group, new)


def _ready_at(at: At, head: Message, now_ms: int) -> int:
    """The latest end of visibility of those in flight; else when the head's delay is over."""
    latest = head.visible_at_ms
    if not head.receives:
        return latest
    for message in state.fifo_messages.range(at, head.space, head.group, via="group", limit=128):
        if not message.receives:
            break
        latest = max(latest, message.visible_at_ms)
    return latest


def ready_groups(at: At, space: str, now_ms: int, limit: int) -> list[Group]:
    return state.groups.range(at, space, via="ready", end=(now_ms + 1,), limit=limit, is_queue=True)


def of_group(at: At, group: Group, limit: int, after_seq: int = 0) -> list[Message]:
    """The group's messages in order, from the one behind `after_seq`."""
    start = (group.space, after_seq + 1)
    return state.fifo_messages.range(at, group.space, group.name, via="group", start=start, limit=limit)


def redelay(at: At, queue: Queue, was_s: int, now_ms: int) -> None:
    """A FIFO queue's new delay counts for the messages that are in it already (Developer Guide, "delay queues"): those
    not received yet for which the old or the new delay is not over."""
    longest_ms = max(was_s, queue.delay_s) * 1000
    touched: list[Message] = []
    for message in state.fifo_messages.each(at, queue.space, reverse=True):
        if message.sent_ms + longest_ms <= now_ms:
            break
        if not message.receives:
            touched.append(message)
    for message in touched:
        new = state.replace(message, visible_at_ms=message.sent_ms + queue.delay_s * 1000)
        state.fifo_messages.replace(at, message, new)
    for group in {message.group for message in touched}:
        refresh(at, queue.space, group, now_ms)


def next_ready_ms(at: At, space: str) -> int | None:
    group = state.groups.first(at, space, via="ready")
    return group.ready_at_ms if group is not None else None
