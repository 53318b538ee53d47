"""How often an operation may be called in a second of the cloud's clock (or, while that stands, of the machine's). Counted in memory."""

from __future__ import annotations

from skyjar.kernel.call import Call

from .errors import ThrottlingException

_COUNTS = "dynamodbstreams.rates"


def check(call: Call, what: str, most: int) -> None:
    """Refuse what comes too often; calls of other services keep to it by their own means."""
    if call.parent:
        return
    second = int(call.now + call.standing_s)
    counts: tuple[int, dict[str, int]] | None = call.memory.get(_COUNTS)
    if counts is None or counts[0] != second:
        counts = call.memory[_COUNTS] = (second, {})
    key = f"{call.account} {call.region} {what}"
    count = counts[1].get(key, 0)
    if count >= most:
        raise ThrottlingException
    counts[1][key] = count + 1
