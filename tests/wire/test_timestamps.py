from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from skyjar.wire import timestamps


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2015-01-25T08:00:00Z", 1422172800),
        ("2015-01-25T08:00:00.5Z", 1422172800.5),
        ("2015-01-25T10:00:00+02:00", 1422172800),
        ("2015-01-25T08:00:00", 1422172800),
        ("2015-01-25", 1422144000),
        ("Sun, 25 Jan 2015 08:00:00 GMT", 1422172800),
        ("1422172800", 1422172800),
        ("1422172800.25", 1422172800.25),
        ("-1", -1),
        ("1969-12-31T23:59:59.500Z", -0.5),
        ("1.4221728E9", 1422172800),
    ],
)
def test_every_spelling_is_read(text, seconds):
    assert timestamps.parse(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "2015-13-01T00:00:00Z", "nan", "inf", "1e30", "2015-02-30", "Sun"])
def test_nonsense_is_refused(text):
    with pytest.raises(ValueError):
        timestamps.parse(text)


def test_every_spelling_is_written():
    assert timestamps.iso8601(1422172800) == "2015-01-25T08:00:00Z"
    assert timestamps.iso8601(1422172800.123) == "2015-01-25T08:00:00.123Z"
    assert timestamps.iso8601(1422172800.123456) == "2015-01-25T08:00:00.123456Z"
    assert timestamps.iso8601(-0.5) == "1969-12-31T23:59:59.500Z"
    assert timestamps.iso8601_ms(1422172800) == "2015-01-25T08:00:00.000Z"
    assert timestamps.rfc822(1422172800.9) == "Sun, 25 Jan 2015 08:00:00 GMT"
    assert timestamps.unix(1422172800.0) == 1422172800
    assert timestamps.unix(1422172800.5) == 1422172800.5


def test_datetimes_without_a_zone_are_utc():
    assert timestamps.epoch(datetime(1970, 1, 1)) == 0
    assert timestamps.epoch(datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))) == 0
    assert timestamps.iso8601(datetime(1970, 1, 1, tzinfo=UTC)) == "1970-01-01T00:00:00Z"
