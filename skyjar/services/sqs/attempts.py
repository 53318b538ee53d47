"""ReceiveRequestAttemptId: a FIFO receive whose answer was lost is tried again and gets the same messages."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import fifo, limits, state
from .state import Attempt, Message, Queue


def retried(call: Call, at: At, queue: Queue, attempt_id: str | None, hide_s: int) -> list[Message] | None:
    """What the same attempt received before, hidden anew, while none of it was deleted or shown again."""
    if not attempt_id or not queue.is_fifo:
        return None
    attempt = state.attempts.get(at, queue.space, attempt_id)
    if attempt is None or attempt.expires_ms <= call.now_ms:
        return None
    found: list[Message] = []
    for seq, nonce in attempt.received:
        message = state.fifo_messages.get(at, queue.space, seq)
        if message is None or message.nonce != nonce or message.visible_at_ms <= call.now_ms:
            return None
        hidden = state.replace(message, visible_at_ms=call.now_ms + hide_s * 1000, received_ms=call.now_ms)
        state.fifo_messages.replace(at, message, hidden)
        fifo.refresh(at, queue.space, message.group, call.now_ms)
        found.append(hidden)
    return found


def remember(call: Call, at: At, queue: Queue, attempt_id: str, taken: list[Message]) -> None:
    for old in state.attempts.range(at, queue.space, via="expires", end=(call.now_ms,), limit=8, is_queue=True):
        state.attempts.remove(at, old)
    received = tuple((message.seq, message.nonce) for message in taken)
    expires_ms = call.now_ms + limits.ATTEMPT_S * 1000
    state.attempts.put(at, Attempt(space=queue.space, id=attempt_id, received=received, expires_ms=expires_ms))
