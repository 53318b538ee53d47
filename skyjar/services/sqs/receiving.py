"""Taking messages from a queue: expiry, redrive to the dead-letter queue, visibility."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import fifo, limits, state
from .errors import OverLimit
from .sending import Sender
from .state import Group, Message, Queue, Tally


class Receiver:
    """Takes up to `most` messages of one queue for one call, hiding each for `hide_s` seconds."""

    def __init__(self, call: Call, at: At, queue: Queue, most: int, hide_s: int) -> None:
        self._call = call
        self._at = at
        self._queue = queue
        self._most = most
        self._hide_s = hide_s
        self._now_ms = call.now_ms
        self._gone = 0
        self.taken: list[Message] = []

    def receive(self) -> list[Message]:
        tally = state.tally_of(self._at, self._queue.space)
        spare = self._spare(tally)
        if spare == 0:
            return []
        if self._queue.is_fifo:
            self._receive_groups()
        else:
            self._receive_any()
        left = 0 if spare is None else max(0, spare - len(self.taken))
        if self._gone or left != tally.spare:
            state.tallies.put(self._at, state.replace(tally, stored=tally.stored - self._gone, spare=left))
        return self.taken

    def _spare(self, tally: Tally) -> int | None:
        """How many more messages may be in flight, at least; None while the queue holds too few for that to matter. Only
        receiving puts messages in flight, so they are counted once for as many as there was room for then. When there
        is none, a standard queue says so, and a FIFO queue just returns nothing."""
        if tally.stored < limits.IN_FLIGHT:
            return None
        if tally.spare >= self._most:
            return tally.spare
        _, in_flight, _ = state.counts(self._at, self._queue, self._now_ms)
        spare = max(0, limits.IN_FLIGHT - in_flight)
        if not spare and not self._queue.is_fifo:
            raise OverLimit("Too many messages in flight.")
        return spare

    def _receive_any(self) -> None:
        while len(self.taken) < self._most:
            page = state.visible_messages(self._at, self._queue, self._now_ms, self._most - len(self.taken))
            if not page:
                return
            for message in page:
                self._take(message)
            if self._hide_s == 0:
                return  # what was taken is visible still, and would be found again

    def _receive_groups(self) -> None:
        seen: set[str] = set()
        while len(self.taken) < self._most:
            fresh = [
                group
                for group in fifo.ready_groups(self._at, self._queue.space, self._now_ms, self._most + len(seen))
                if group.name not in seen
            ]
            if not fresh:
                return
            for group in fresh:
                seen.add(group.name)
                self._receive_group(group)
                fifo.refresh(self._at, group.space, group.name, self._now_ms)
                if len(self.taken) >= self._most:
                    return

    def _receive_group(self, group: Group) -> None:
        """In order, and on behind those that had to be moved or dropped."""
        after_seq = 0
        while len(self.taken) < self._most:
            page = fifo.of_group(self._at, group, self._most - len(self.taken), after_seq)
            for message in page:
                if message.visible_at_ms > self._now_ms:
                    return  # delayed, and all behind it with it
                self._take(message)
                after_seq = message.seq
            if not page:
                return

    def _take(self, message: Message) -> None:
        queue = self._queue
        if message.sent_ms + queue.retention_s * 1000 <= self._now_ms:
            state.remove_message(self._at, queue, message)
            self._gone += 1
        elif queue.redrive is not None and message.receives >= queue.redrive[1]:
            self._bury(message, queue.redrive[0])
        else:
            hidden = state.replace(
                message,
                visible_at_ms=self._now_ms + self._hide_s * 1000,
                receives=message.receives + 1,
                nonce=self._call.chance.hex(16),
                first_received_ms=message.first_received_ms or self._now_ms,
                received_ms=self._now_ms,
            )
            state.change_message(self._at, queue, message, hidden)
            self.taken.append(hidden)

    def _bury(self, message: Message, target: str) -> None:
        """Move to the dead-letter queue; where that is gone, the message is lost, as on AWS it would stay for ever
        undeliverable: so keep it and deliver it."""
        found = state.by_arn(self._call, target)
        if found is None:
            return
        state.remove_message(self._at, self._queue, message)
        self._gone += 1
        at, dead = found
        source = state.arn_of(self._at, self._queue.name)
        if dead.is_fifo:
            # Two messages that share a deduplication id must both be kept, and the retention starts anew.
            buried = state.replace(message, dead_from=source, dedup_id=message.id, sent_ms=self._now_ms)
        else:
            buried = state.replace(message, dead_from=source)
        move(self._call, buried, at, dead)


def move(call: Call, message: Message, to: At, queue: Queue) -> None:
    """Add a message, already removed from another queue, to the end of this one, as not received yet."""
    sender = Sender(call, to, queue)
    sender.add(
        state.replace(
            message,
            space=queue.space,
            seq=sender.next_seq,
            visible_at_ms=call.now_ms,
            receives=0,
            nonce="",
            first_received_ms=0,
            received_ms=0,
        )
    )
    sender.close()
