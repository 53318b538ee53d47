"""An operation may run again, since another transaction came in between: what it did the first time must not show.

Here for the reference service; `SKYJAR_AGAIN=1 pytest tests/services` does it for all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent


def test_the_reference_service_may_run_again() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow", str(TESTS / "services" / "sqs")],
        env={**os.environ, "SKYJAR_AGAIN": "1"}, capture_output=True, text=True, timeout=300, cwd=TESTS.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
