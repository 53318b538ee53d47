"""Celery through kombu's SQS transport: a real worker process and a producer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
pytest.importorskip("celery")
pytest.importorskip("kombu.transport.SQS", exc_type=ImportError)

APPLICATION = """
import os
from pathlib import Path
from celery import Celery

port = os.environ["AWS_ENDPOINT_URL"].rpartition(":")[2]
app = Celery("tasks", broker=f"sqs://{os.environ['AWS_ACCESS_KEY_ID']}:test@127.0.0.1:{port}//")
app.conf.update(
    task_default_queue="jobs",
    worker_enable_remote_control=False,
    task_acks_late=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"region": "us-east-1", "is_secure": False, "wait_time_seconds": 5, "visibility_timeout": 60},
)

@app.task
def add(a, b, path):
    Path(path).write_text(str(a + b))
"""


@pytest.fixture
def project(skyjar: Account, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A project folder, and a worker that runs its tasks."""
    (tmp_path / "tasks.py").write_text(APPLICATION)
    how: dict[str, Any] = {"cwd": tmp_path, "env": {**os.environ, **skyjar.environment}}
    with (tmp_path / "worker.log").open("wb") as log:
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "--pool=solo", "--loglevel=INFO"]
        worker = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **how)
    yield how
    os.killpg(worker.pid, signal.SIGTERM)
    try:
        worker.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)


def test_a_task_runs_end_to_end(skyjar: Account, project: dict[str, Any], tmp_path: Path) -> None:
    result = tmp_path / "result"
    program = (
        f"import tasks; tasks.add.delay(2, 3, {str(result)!r}); tasks.add.apply_async((4, 5, {str(result)!r} + '2'))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, **project)
    deadline = time.monotonic() + 60
    while not (result.exists() and Path(f"{result}2").exists() and result.read_text()):
        assert time.monotonic() < deadline, (tmp_path / "worker.log").read_text()
        time.sleep(0.05)
    assert result.read_text() == "5"
    sqs = skyjar.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while any(
        value != "0" for value in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()
    ):
        assert time.monotonic() < deadline, "the task was not acknowledged"
        time.sleep(0.05)
