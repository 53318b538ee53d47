"""What a mapping of a stream does by itself.

A reader (one for each lane of each shard) is woken when a record is added, takes the next batch of its lane in one
transaction, and is busy until a job of its own has had the function work on it. A batch that fails is tried again, with the
same records, before anything that came later: it is split, or given up, as the mapping says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.runtime.functions import Result
from skyjar.runtime.invocations import Outcome, Throttled

from . import destinations, filters, invoking, limits, mapping_state, metrics, state, stream_records, streams, tumbling
from .mapping_state import Mapping, Reader, StreamBatch, mappings, readers, stream_batches
from .polling import PROBLEM_S, note
from .state import Version
from .stream_records import Event, arrival_of, sequence_of

SEEN = 10_000  # records looked at in one transaction


def wake(call: Call, reader: Reader, due: float | None = None) -> None:
    call.later(
        read_shard,
        due=due,
        key=f"{reader.mapping}/{reader.shard}/{reader.lane}",
        mapping=reader.mapping,
        shard=reader.shard,
        lane=reader.lane,
    )


@job()
def look_for_shards(call: Call, *, mapping: str) -> None:
    found = mappings.get(call, mapping)
    if found is None or not found.is_enabled:
        return
    try:
        for reader in streams.discover(call, found):
            wake(call, reader)
    except AWSError as error:
        note(call, found, f"PROBLEM: {error.message}")


@job()
def read_shard(call: Call, *, mapping: str, shard: str, lane: int) -> None:
    """Take the next batch, if there is one."""
    found, reader = mappings.get(call, mapping), readers.get(call, mapping, shard, lane)
    if found is None or not found.is_enabled or reader is None or reader.is_busy or reader.is_done:
        return
    if call.now < reader.not_before_s:
        wake(call, reader, reader.not_before_s)
        return
    try:
        taken = _Taken(call, found, reader)
    except AWSError as error:
        note(call, found, f"PROBLEM: {error.message}")
        wake(call, reader, call.now + PROBLEM_S)
        return
    if found.tumbling_s:
        if _ends_window(call, found, reader, taken):
            return
        if taken.records:
            reader = _keep_to_window(found, reader, taken)
        elif reader.tumbling_start:
            wake(call, reader, float(reader.tumbling_start + found.tumbling_s))
    if taken.records:
        _begin(call, found, reader, taken)
    elif taken.is_closed:
        readers.put(call, mapping_state.replace(reader, after=taken.last, is_done=True))
        call.later(look_for_shards, key=mapping, mapping=mapping)
    elif taken.last != reader.after:
        readers.put(call, mapping_state.replace(reader, after=taken.last, ends=_ends(reader, taken.last)))
        if taken.is_full:
            wake(call, reader)


class _Taken:
    """What a reader finds: the records of its lane that pass the filters, up to a batch; and the last one seen."""

    def __init__(self, call: Call, mapping: Mapping, reader: Reader) -> None:
        self.records: list[Event] = []
        self.last = reader.after
        self.is_full = False
        self.is_closed = False
        self._size = 0
        self._mapping, self._reader = mapping, reader
        seen = 0
        for page, self.is_closed in streams.stream_of(call, mapping).pages(reader):
            for record in page:
                if not self._take(record):
                    self.is_closed = False
                    return
            seen += len(page)
            if seen >= SEEN and not self.is_closed:
                self.is_full = True
                return
        self.is_full = self.is_full or self.is_closed

    def _take(self, record: Event) -> bool:
        """Whether more is wanted."""
        mapping, ends = self._mapping, self._reader.ends
        sequence = sequence_of(record)
        if _lane(record, mapping.lanes) == self._reader.lane and _passes(mapping, record):
            size = len(orjson.dumps(record))
            if self.records and self._size + size > limits.BATCH_BYTES - 1024:
                self.is_full = True
                return False
            self.records.append(record)
            self._size += size
        self.last = sequence
        self.is_full = len(self.records) >= mapping.batch_size or (bool(ends) and sequence >= ends[-1])
        return not self.is_full


def _ends_window(call: Call, mapping: Mapping, reader: Reader, taken: _Taken) -> bool:
    """Have the function told that its tumbling window is over, before anything else."""
    first_s = arrival_of(taken.records[0]) if taken.records else None
    if not tumbling.is_over(reader, mapping, first_s, call.now, taken.is_closed):
        return False
    final = StreamBatch(
        mapping=reader.mapping,
        shard=reader.shard,
        lane=reader.lane,
        records=b"[]",
        sequences=(),
        first_s=call.now,
        last_s=call.now,
        window_start=reader.tumbling_start,
        is_final=True,
    )
    readers.put(call, mapping_state.replace(reader, is_busy=True))
    stream_batches.put(call, final)
    call.later(work_on_records, mapping=reader.mapping, shard=reader.shard, lane=reader.lane)
    return True


def _keep_to_window(mapping: Mapping, reader: Reader, taken: _Taken) -> Reader:
    """Leave records of later windows for later."""
    start = tumbling.start_of(arrival_of(taken.records[0]), mapping.tumbling_s)
    kept = [each for each in taken.records if tumbling.start_of(arrival_of(each), mapping.tumbling_s) == start]
    taken.is_full = taken.is_full or len(kept) < len(taken.records)
    taken.records = kept
    found: Reader = mapping_state.replace(reader, tumbling_start=start)
    return found


def _passes(mapping: Mapping, record: Event) -> bool:
    return not mapping.filters or filters.lets_through(mapping.filters, stream_records.filtered(record))


def _lane(record: Event, lanes: int) -> int:
    """The lane of a record, by its key."""
    return crc32(stream_records.key_of(record)) % lanes if lanes > 1 else 0


def _ends(reader: Reader, after: str) -> tuple[str, ...]:
    return tuple(end for end in reader.ends if end > after)


def _begin(call: Call, mapping: Mapping, reader: Reader, taken: _Taken) -> None:
    """Send the batch off, when it is full or its window is over; records that are too old are given up before."""
    if mapping.window_s and not taken.is_full and not reader.attempts:
        since_s = reader.since_s or call.now
        if call.now < since_s + mapping.window_s:
            readers.put(call, mapping_state.replace(reader, since_s=since_s))
            wake(call, reader, since_s + mapping.window_s)
            return
    records = taken.records
    times = [arrival_of(record) for record in records]
    old = sum(call.now - at_s > mapping.age_s for at_s in times) if mapping.age_s >= 0 else 0
    if old:
        gone = _batch(reader, records[:old], times[:old])
        _give_up(call, mapping, gone, "RecordAgeExceeded", reader.attempts, None)
        after = sequence_of(records[old - 1])
        reader = mapping_state.replace(reader, after=after, ends=_ends(reader, after), attempts=0)
        if old == len(records):
            readers.put(call, reader)
            wake(call, reader)
            return
    batch = _batch(reader, records[old:], times[old:])
    readers.put(call, mapping_state.replace(reader, is_busy=True, since_s=0.0))
    stream_batches.put(call, batch)
    call.later(work_on_records, mapping=reader.mapping, shard=reader.shard, lane=reader.lane)


def _batch(reader: Reader, records: list[Event], times: list[float]) -> StreamBatch:
    return StreamBatch(
        mapping=reader.mapping,
        shard=reader.shard,
        lane=reader.lane,
        records=orjson.dumps(records),
        sequences=tuple(map(sequence_of, records)),
        first_s=times[0],
        last_s=times[-1],
        window_start=reader.tumbling_start,
    )


@job()
def work_on_records(call: Call, *, mapping: str, shard: str, lane: int) -> Outside | None:
    """Invoke the function with a reader's batch."""
    found, held = mappings.get(call, mapping), stream_batches.get(call, mapping, shard, lane)
    if found is None or held is None:
        return None
    try:
        at, reference = state.refer(call, found.function)
        version = invoking.choose(call, at, reference)
    except AWSError as error:
        _problem(call, found, held, error)
        return None
    reader = readers.get(call, mapping, shard, lane)
    if held.window_start and reader is not None:
        payload = tumbling.payload(found, reader, held)
    else:
        payload = b'{"Records":' + held.records + b"}"
    request = invoking.request_of(call, at, reference, version, payload, call.new_id())

    metrics.count_age(call, at, version, held.records)

    def then(call: Call, answer: Any) -> None:
        _conclude(call, found, held, version, answer)

    return Outside(request, then)


def _problem(call: Call, mapping: Mapping, batch: StreamBatch, error: AWSError) -> None:
    """Nothing could run: try again, which does not count."""
    note(call, mapping, f"PROBLEM: {error.message}")
    call.later(work_on_records, due=call.now + PROBLEM_S, mapping=batch.mapping, shard=batch.shard, lane=batch.lane)


def _conclude(call: Call, mapping: Mapping, batch: StreamBatch, version: Version, answer: Any) -> None:
    try:
        outcome = invoking.conclude(call, answer)
    except AWSError as error:
        _problem(call, mapping, batch, error)
        return
    reader = readers.get(call, batch.mapping, batch.shard, batch.lane)
    if reader is None:
        return  # the mapping is gone
    if isinstance(outcome, Throttled):
        stream_batches.put(call, mapping_state.replace(batch, throttles=batch.throttles + 1))
        pause_s = min(0.1 * 2**batch.throttles, 10.0)
        call.later(work_on_records, due=call.now + pause_s, mapping=batch.mapping, shard=batch.shard, lane=batch.lane)
        return
    stream_batches.remove(call, batch)
    if batch.is_final:
        _conclude_window(call, mapping, reader, outcome)
        return
    done = _done(mapping, batch, outcome)
    after = batch.sequences[done - 1] if done else reader.after
    ends = _ends(reader, after)
    reader = mapping_state.replace(reader, is_busy=False, after=after, ends=ends)
    if done == len(batch.sequences):
        kept = (tumbling.state_of(outcome.result.payload) or b"") if batch.window_start else b""
        readers.put(call, mapping_state.replace(reader, attempts=0, tumbling_state=kept))
        note(call, mapping, "OK")
        wake(call, reader)
        return
    note(call, mapping, "PROBLEM: Function call failed")
    left = batch.sequences[done:]
    attempts = 1 if done else reader.attempts + 1
    if not ends or ends[-1] != left[-1]:
        ends = (*ends, left[-1])
    if mapping.bisects and len(left) > 1:  # a split is not a try
        if not done:
            ends = (*ends, left[len(left) // 2 - 1])
        attempts = 0
    elif 0 <= mapping.retries < attempts:
        gone = _left(batch, done)
        _give_up(call, mapping, gone, "RetryAttemptsExhausted", attempts, outcome.result, version)
        readers.put(call, mapping_state.replace(reader, after=left[-1], ends=_ends(reader, left[-1]), attempts=0))
        wake(call, reader)
        return
    due = call.now + min(2.0 ** max(attempts - 1, 0), limits.STREAM_BACKOFF_S)
    readers.put(call, mapping_state.replace(reader, ends=ends, attempts=attempts, not_before_s=due))
    wake(call, reader, due)


def _conclude_window(call: Call, mapping: Mapping, reader: Reader, outcome: Outcome) -> None:
    """The last word on a window is tried like a batch; then its state is forgotten."""
    attempts = reader.attempts + 1
    if outcome.result.error and not 0 <= mapping.retries < attempts:
        due = call.now + min(2.0 ** (attempts - 1), limits.STREAM_BACKOFF_S)
        readers.put(call, mapping_state.replace(reader, is_busy=False, attempts=attempts, not_before_s=due))
        note(call, mapping, "PROBLEM: Function call failed")
        wake(call, reader, due)
        return
    over = mapping_state.replace(reader, is_busy=False, attempts=0, tumbling_start=0, tumbling_state=b"")
    readers.put(call, over)
    note(call, mapping, "PROBLEM: Function call failed" if outcome.result.error else "OK")
    wake(call, over)


def _left(batch: StreamBatch, done: int) -> StreamBatch:
    records = orjson.loads(batch.records)[done:]
    return mapping_state.replace(batch, sequences=batch.sequences[done:], first_s=arrival_of(records[0]))  # type: ignore[no-any-return]


def _done(mapping: Mapping, batch: StreamBatch, outcome: Outcome) -> int:
    """How many records from the first on are done with. A response that cannot be read means that all failed."""
    if outcome.result.error:
        return 0
    if not mapping.reports_failures:
        return len(batch.sequences)
    try:
        answer = orjson.loads(outcome.result.payload or b"null")
        failed = [failure["itemIdentifier"] for failure in (answer or {}).get("batchItemFailures") or []]
        return min((batch.sequences.index(each) for each in failed), default=len(batch.sequences))
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        return 0


def _give_up(
    call: Call,
    mapping: Mapping,
    batch: StreamBatch,
    condition: str,
    attempts: int,
    result: Result | None,
    version: Version | None = None,
) -> None:
    """Tell the destination which records were not worked on; AWS sends where they are, not what they are."""
    if not mapping.on_failure:
        return
    if version is None:
        try:
            at, reference = state.refer(call, mapping.function)
            version = invoking.choose(call, at, reference)
        except AWSError:
            return
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": call.new_id(),
            "functionArn": mapping.function,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": _time(call.now, "milliseconds"),
        stream_records.batch_name(mapping.source): {
            "shardId": batch.shard,
            "startSequenceNumber": batch.sequences[0],
            "endSequenceNumber": batch.sequences[-1],
            "approximateArrivalOfFirstRecord": _time(batch.first_s, "seconds"),
            "approximateArrivalOfLastRecord": _time(batch.last_s, "seconds"),
            "batchSize": len(batch.sequences),
            "streamArn": mapping.source,
        },
    }
    if result is not None:
        context = {"statusCode": 200, "executedVersion": version.qualifier}
        record["responseContext"] = context | ({"functionError": result.error} if result.error else {})
    destinations.send(call, version, mapping.on_failure, record)


def _time(at_s: float, precision: str) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec=precision).removesuffix("+00:00") + "Z"
