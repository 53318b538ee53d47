"""Lambda's own words, without a process."""

from pathlib import Path

import pytest

from skyjar.runtime import reports
from skyjar.runtime.functions import Function

F = Function(arn="f", name="f", runtime="python3.11", handler="a.b", code=Path("/x"))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-6, "Runtime exited with error: signal: aborted"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_how_a_process_ended(code, words):
    assert reports.exited(code) == words


@pytest.mark.spec("lambda-069")
def test_the_report_line():
    assert reports.report(F, 0, "id", 12.345, 100.5, 36) == (
        "REPORT RequestId: id\tDuration: 12.35 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 36 MB\tInit Duration: 100.50 ms\t"
    )
    assert reports.report(F, 0, "id", 0.9, None, 36).endswith(
        "Billed Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB\t"
    )


def test_stamps_are_milliseconds_in_utc():
    assert reports.stamp(1700000000.0456) == "2023-11-14T22:13:20.045Z"
    assert reports.timed_out(F) == "Task timed out after 3.00 seconds"
