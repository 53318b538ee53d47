"""What tables, global indexes and single partition keys take in this second, counted in the memory of this process.

- An on-demand table begins with 4,000 writes and 12,000 reads a second (or its warm throughput), and 300 seconds of that in reserve.
  What it has not used comes back by the second. It grows to twice its peak; `growth.py` says when.
- One partition key has 1,000 writes and 3,000 reads in a second, in tables of both billing modes; in on-demand ones it has 30 seconds of
  that in reserve, but none with `--aws-timing`. A global index is the same by itself, and holds up its table.
- A request is let in when there is enough left for it, or when it is the first of its second: so what is larger than a limit passes
  alone.

Seconds are those of the cloud's clock. One that stands would have no next second, and throttle a client for ever: then each second of the
machine's begins one too. A clock that is turned back begins another second, with what was left. Nothing here is missed after a restart: a
table begins with its reserve full again. Peaks are kept in the store. A run of an operation that is in vain, since another transaction
came in between, has counted too.
"""

from __future__ import annotations

from functools import partial

from skyjar.kernel.call import Call
from skyjar.kernel.tables import At

from . import growth, history, limits
from .growth import Bought
from .quotas import quota
from .schemas import IndexSchema, Schema
from .state import Peak, peaks

ENDLESS = float("inf")
PLENTY = 2.0**50  # from which half units can be taken exactly
NO_KEY = -1  # of what is not about one partition key


class Side:
    """Reads or writes. `begun`: what there was to take when this second began, `left`: what there is, not below `least`; `keys`: what
    was taken by partition key, by its CRC-32, each at most `most`. As long as there is more left than `calm` no key can have taken too
    much, and what was taken is only noted: a code, its units, and so on. `spent`: what keys took of their `reserve`. `owed`: by requests that
    failed, and so could not write it down."""

    __slots__ = ("begun", "calm", "keys", "least", "left", "most", "note", "noted", "owed", "rate", "reserve", "spent")

    def __init__(self) -> None:
        self.begun = self.left = self.least = self.rate = self.owed = 0.0
        self.calm = self.most = ENDLESS
        self.reserve = 0.0
        self.keys: dict[int, float] = {}
        self.spent: dict[int, float] = {}
        self.noted: list[float] = []
        self.note = self.noted.append

    def turn(self, passed_s: float) -> None:
        if self.keys or self.spent:
            self._spend(passed_s)
        self.keys.clear()
        self.noted.clear()
        self.calm = 0.0
        if self.rate != ENDLESS:
            self.begun = self.left = min(self.left + passed_s * self.rate, self.rate * limits.BURST_S)

    def _spend(self, passed_s: float) -> None:
        """What keys took beyond their rate is of their reserve, and comes back by the second."""
        keys = self.by_key() if self.noted else self.keys
        concerned = {*self.spent, *(code for code, taken in keys.items() if taken > self.most)}
        after = {
            code: self.spent.get(code, 0.0) + keys.get(code, 0.0) - self.most * max(1.0, passed_s) for code in concerned
        }
        self.spent = {code: spent for code, spent in after.items() if spent > 0}

    def room(self, code: int) -> float:
        """What one key may take in this second."""
        return self.most + self.reserve - self.spent.get(code, 0.0)

    def limit(self, rate: float, most: float) -> None:
        """`most` units in one second, and no more than `rate` for long."""
        if rate == ENDLESS:
            self.begun, self.left, self.least = PLENTY, PLENTY, -ENDLESS
        else:
            if self.rate == ENDLESS:  # it was provisioned
                self.begun = self.left = rate * limits.BURST_S
            self.least = max(0.0, self.begun - most)
        self.rate = rate
        if self.calm != ENDLESS:
            self.calm = max(self.least, self.begun - self.most)

    def by_key(self) -> dict[int, float]:
        """What was taken by key, from now on kept with each request of this second."""
        keys, noted = self.keys, self.noted
        for at in range(0, len(noted), 2):
            code = int(noted[at])
            keys[code] = keys.get(code, 0.0) + noted[at + 1]
        noted.clear()
        self.calm = ENDLESS
        return keys

    def take(self, code: int, units: float) -> None:
        keys = self.by_key() if self.calm != ENDLESS else self.keys
        keys[code] = keys.get(code, 0.0) + units
        self.left -= units

    def why_not(self, code: int, units: float) -> str:
        """The limit that is reached, if any."""
        keys = self.by_key() if self.calm != ENDLESS else self.keys
        taken = keys.get(code, 0.0)
        if taken and taken + units > self.most and code != NO_KEY and taken + units > self.room(code):
            return "KeyRangeThroughputExceeded"
        if self.left - units >= self.least or self.rate == ENDLESS:
            return ""
        if self.left - units < 0:
            return "KeyRangeThroughputExceeded"  # of all its partitions
        return "AccountLimitExceeded" if self.left != self.begun else ""

    @property
    def used(self) -> float:
        return self.begun - self.left if self.rate != ENDLESS else 0.0


class Pace:
    __slots__ = ("at_s", "peak", "read", "standing_s", "stored", "until_s", "write")

    def __init__(self) -> None:
        self.at_s = self.standing_s = self.until_s = 0.0
        self.read, self.write = Side(), Side()
        self.peak: Peak | None = None
        self.stored: Peak | None = None


def take(call: Call, schema: Schema, index: IndexSchema | None, code: int, units: float, *, is_write: bool) -> str:
    """Count what a request takes, of a partition key by its code; or the limit that it would pass, and nothing is counted."""
    pace: Pace | None = call.memory.get(schema.root if index is None else index.root)
    if pace is None or call.now >= pace.until_s:
        pace = _turned(call, schema, index)
    side = pace.write if is_write else pace.read
    left = side.left - units
    if left >= side.calm:
        side.left = left
        side.note(code)
        side.note(units)
        return ""
    if side.calm != ENDLESS:
        side.by_key()
    keys = side.keys
    taken = keys.get(code, 0.0) + units
    if left < side.least or (taken > side.most and code != NO_KEY and taken > side.room(code)):
        why = _why_not(call, schema, index, pace, side, code, units)
        if not why:
            side.take(code, units)  # perhaps in another second
        return why
    keys[code] = taken
    side.left = left
    return ""


def why_not(call: Call, schema: Schema, index: IndexSchema | None, code: int, units: float, *, is_write: bool) -> str:
    """The limit that a request would pass."""
    pace = _present(call, schema, index)
    side = pace.write if is_write else pace.read
    return side.why_not(code, units) and _why_not(call, schema, index, pace, side, code, units)


def count(call: Call, schema: Schema, index: IndexSchema | None, code: int, units: float, *, is_write: bool) -> None:
    """Count what was let in before its size was known."""
    pace = _present(call, schema, index)
    side = pace.write if is_write else pace.read
    side.take(code, units)


def owe(call: Call, schema: Schema, units: float) -> None:
    """Write units that a request took whose transaction is not to be."""
    _present(call, schema, None).write.owed += units


def owed(call: Call, schema: Schema) -> float:
    """What is owed; it is no more once this transaction is in."""
    pace: Pace | None = call.memory.get(schema.root)
    if pace is None or not pace.write.owed:
        return 0.0
    call.tx.after_commit.append(partial(_pay, pace.write, pace.write.owed))
    return pace.write.owed


def _pay(side: Side, units: float) -> None:
    side.owed = max(0.0, side.owed - units)


def _present(call: Call, schema: Schema, index: IndexSchema | None) -> Pace:
    pace: Pace | None = call.memory.get(schema.root if index is None else index.root)
    return _turned(call, schema, index) if pace is None or call.now >= pace.until_s else pace


def _why_not(
    call: Call, schema: Schema, index: IndexSchema | None, pace: Pace, side: Side, code: int, units: float
) -> str:
    """A second may have begun without the clock's telling; and quotas may have been raised in this one."""
    if call.now < pace.at_s or call.standing_s >= pace.standing_s + 1.0:
        _turned(call, schema, index)
    else:
        _limit(call, schema, index, pace)
    return side.why_not(code, units)


def _turned(call: Call, schema: Schema, index: IndexSchema | None) -> Pace:
    """Another second begins, and the last one is added to the peaks."""
    root = schema.root if index is None else index.root
    pace: Pace | None = call.memory.get(root)
    is_new = pace is None
    if pace is None:
        pace = call.memory[root] = Pace()
    standing_s = call.standing_s
    passed_s = max(0.0, call.now - pace.at_s) + max(0.0, standing_s - pace.standing_s)
    if not schema.is_provisioned:
        _fold(call, (index or schema).definition, pace)
    pace.at_s = float(int(call.now))
    pace.until_s = pace.at_s + 1.0
    pace.standing_s = standing_s
    if is_new:
        _limit(call, schema, index, pace)
    pace.write.turn(passed_s)
    pace.read.turn(passed_s)
    _limit(call, schema, index, pace)
    return pace


def _limit(call: Call, schema: Schema, index: IndexSchema | None, pace: Pace) -> None:
    bought = schema.definition if index is None else index.definition
    reads: float = ENDLESS
    writes: float = ENDLESS
    if not schema.is_provisioned:
        reads, writes = growth.rates(call, bought, pace.peak)
    for side, rate, kind in ((pace.read, reads, "read"), (pace.write, writes, "write")):
        side.most = quota(call, f"partition-{kind}-units")
        is_hard = schema.is_provisioned or call.behaviour.has_aws_timing
        side.reserve = 0.0 if is_hard else side.most * quota(call, "partition-reserve")
        side.limit(rate, quota(call, f"table-{kind}-units"))


def _fold(call: Call, bought: Bought, pace: Pace) -> None:
    """Add the second that is over to the peak; when more can be done by that, it is written."""
    if pace.stored is None or pace.peak is None:
        stored = peaks.get(call, bought.space) or Peak(space=bought.space, window=growth.window(call.now))
        pace.peak = pace.stored = stored
    peak = growth.told(pace.peak, pace.at_s or call.now, pace.read.used, pace.write.used)
    pace.peak = growth.told(peak, call.now, 0.0, 0.0)
    if growth.matters(call, bought, pace.peak, pace.stored):
        peaks.put(call, pace.peak)
        call.tx.after_commit.append(partial(setattr, pace, "stored", pace.peak))


def peak(at: At, memory: dict[bytes, Pace], bought: Bought) -> Peak | None:
    """The peak of a table or index, up to this moment."""
    pace = memory.get(history.root_of(at, bought.space))
    if pace is None or pace.peak is None:
        return peaks.get(at, bought.space)
    return growth.told(pace.peak, pace.at_s, pace.read.used, pace.write.used)


def forget(call: Call, space: str) -> None:
    call.memory.pop(history.root_of(call, space), None)
