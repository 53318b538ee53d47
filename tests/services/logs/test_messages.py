"""Events in and out."""

import random

import pytest

from skyjar.kernel.errors import AWSError

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
def logs(desk):
    asked = desk.ask("logs")
    asked.create_log_group(log_group_name="g")
    asked.create_log_stream(log_group_name="g", log_stream_name="s")
    return asked


@pytest.fixture
def now_ms(desk):
    return int(desk.clock.now() * 1000)


def put(logs, *events, stream="s"):
    return logs.put_log_events(
        log_group_name="g", log_stream_name=stream,
        log_events=[{"timestamp": at, "message": text} for at, text in events],
    )  # fmt: skip


def texts(answer):
    return [event["message"] for event in answer["events"]]


def read(logs, **parameters):
    return logs.get_log_events(log_group_name="g", log_stream_name="s", **parameters)


def refused(code, words, run, *args, **kwargs):
    with pytest.raises(AWSError) as caught:
        run(*args, **kwargs)
    assert caught.value.code == code
    assert words in caught.value.message


def test_what_is_put_is_read_in_order_of_time(logs, now_ms):
    put(logs, (now_ms - 20, "b"), (now_ms, "d"))
    put(logs, (now_ms - 30, "a"), (now_ms - 10, "c"))
    assert texts(read(logs, start_from_head=True)) == ["a", "b", "c", "d"]
    assert texts(read(logs)) == ["a", "b", "c", "d"]


def test_overlapping_batches_merge_both_ways(logs, now_ms):
    chance = random.Random(7)
    everything = []
    for n in range(60):
        start = now_ms - chance.randrange(5000)
        events = sorted((start + chance.randrange(3000), f"{n}/{i}") for i in range(5))
        put(logs, *events)
        everything += events
    expected = [at for at, _ in sorted(everything, key=lambda event: event[0])]
    forwards, token = [], None
    while True:
        answer = read(logs, start_from_head=True, limit=17, **({"next_token": token} if token else {}))
        if token == answer["nextForwardToken"]:
            break
        forwards += [event["timestamp"] for event in answer["events"]]
        token = answer["nextForwardToken"]
    assert forwards == expected
    backwards, token = [], None
    while True:
        answer = read(logs, limit=17, **({"next_token": token} if token else {}))
        if token == answer["nextBackwardToken"]:
            break
        backwards = [event["timestamp"] for event in answer["events"]] + backwards
        token = answer["nextBackwardToken"]
    assert backwards == expected


def test_times_bound_what_is_read(logs, now_ms):
    put(logs, *((now_ms + n, str(n)) for n in range(5)))
    assert texts(read(logs, start_time=now_ms + 1, end_time=now_ms + 3)) == ["1", "2"]
    found = logs.filter_log_events(log_group_name="g", start_time=now_ms + 1, end_time=now_ms + 3)
    assert texts(found) == ["1", "2", "3"]


def test_order_and_span_of_a_batch(logs, now_ms):
    refused("InvalidParameterException", "chronological order", put, logs, (now_ms, "a"), (now_ms - 1, "b"))
    refused("InvalidParameterException", "more than 24 hours", put, logs, (now_ms - DAY_MS - 1, "a"), (now_ms, "b"))
    refused("InvalidParameterException", "Upload too large", put, logs, *((now_ms, "x" * 200_000) for _ in range(6)))
    refused(
        "ResourceNotFoundException", "The specified log stream does not exist.", put, logs, (now_ms, "a"), stream="t"
    )


def test_too_old_and_too_new_are_told(logs, now_ms):
    answer = put(logs, (now_ms - 14 * DAY_MS - 1, "old"), (now_ms - 14 * DAY_MS, "kept"))
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = put(logs, (now_ms, "kept too"), (now_ms + 2 * HOUR_MS + 1, "new"))
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert texts(read(logs)) == ["kept", "kept too"]


def test_filtering_interleaves_streams_by_pages(logs, now_ms):
    logs.create_log_stream(log_group_name="g", log_stream_name="t")
    for n in range(10):
        put(logs, (now_ms + n, f"ok {n}"), stream="st"[n % 2])
    put(logs, (now_ms + 5, "noise"))
    found, token = [], None
    while True:
        given = {"next_token": token} if token else {}
        answer = logs.filter_log_events(log_group_name="g", filter_pattern="ok", limit=3, **given)
        found += texts(answer)
        token = answer.get("nextToken")
        if token is None:
            break
    assert found == [f"ok {n}" for n in range(10)]


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ("ERROR", {0, 1}),
        ("ERROR disk", {1}),
        ('"disk full"', {1}),
        ("ERROR -disk", {0}),
        ("?WARN ?disk", {1, 2}),
        ("%disk (full|empty)%", {1}),
        ('{ $.level = "high" }', {3}),
        ('{ $.level = "h*" && $.n >= 3 }', {3}),
        ("{ $.n < 3 || $.missing EXISTS }", set()),
        ("{ $.list[0] = 1 && $.missing NOT EXISTS }", {3}),
    ],
)
def test_patterns(logs, now_ms, pattern, matching):
    lines = ["ERROR net", "ERROR disk full", "WARN", '{"level": "high", "n": 3, "list": [1]}']
    put(logs, *((now_ms + n, line) for n, line in enumerate(lines)))
    found = logs.filter_log_events(log_group_name="g", filter_pattern=pattern)
    assert {lines.index(text) for text in texts(found)} == matching


@pytest.mark.spec("logs-002")
def test_retention_by_the_clock(desk, logs, now_ms):
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    refused(
        "InvalidParameterException",
        "retentionInDays",
        logs.put_retention_policy,
        log_group_name="g",
        retention_in_days=8,
    )
    put(logs, (now_ms, "a"))
    logs.put_retention_policy(log_group_name="g", retention_in_days=7)
    desk.advance(6 * 86400)
    assert texts(read(logs)) == ["a"]
    desk.advance(2 * 86400)
    assert texts(read(logs)) == []
    from skyjar.services.logs import state

    tx = desk.store.begin()
    assert list(state.batches.anywhere(tx)) == []
    tx.abort()
