"""Skyjar's own routes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

import skyjar
from skyjar.testing.running import Running


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


def ask(cloud: Running, method: str, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(cloud.endpoint + path, body, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_health_says_what_runs(cloud: Running) -> None:
    status, found = ask(cloud, "GET", "/_skyjar/health")
    assert (status, found["status"], found["port"]) == (200, "ready", cloud.cloud.port)
    status, found = ask(cloud, "GET", "/_localstack/health")
    assert found["services"]["sqs"] == found["services"]["lambda"] == "available"


def test_unknown_paths_and_methods_are_told_apart(cloud: Running) -> None:
    assert ask(cloud, "GET", "/_skyjar/nothing")[0] == 404
    assert ask(cloud, "DELETE", "/_skyjar/health")[0] == 405


@pytest.mark.parametrize("body", [b"[1]", b"{", b'{"action": "fly"}', b'{"action": "set", "at": "soon"}', b"\xff"])
def test_what_cannot_be_done_is_a_client_error(cloud: Running, body: bytes) -> None:
    status, found = ask(cloud, "POST", "/_skyjar/clock", body)
    assert status == 400, found
    assert found["error"]


@pytest.mark.parametrize("name", ["", "..", "a/b", "../../etc"])
def test_a_snapshot_name_is_no_path(cloud: Running, name: str) -> None:
    status, found = ask(cloud, "POST", "/_skyjar/snapshots", json.dumps({"name": name}).encode())
    assert status == 400, found


def test_why_without_such_a_call(cloud: Running) -> None:
    status, found = ask(cloud, "GET", "/_skyjar/why?id=zzzz")
    assert status == 400
    assert "zzzz" in found["error"]


def test_how_the_cloud_behaves_is_shown_and_changed(cloud: Running) -> None:
    path = "/_skyjar/behaviour"
    assert ask(cloud, "GET", path) == (200, {"stale_reads_s": 0.0, "aws_timing": False})
    changed = {"stale_reads_s": 1.5, "aws_timing": True}
    assert ask(cloud, "POST", path, json.dumps(changed).encode()) == (200, changed)
    for wrong in ({"stale_reads_s": -1}, {"stale_reads_s": "x"}, {"stale_reads_s": True}, {"aws_timing": 1}):
        assert ask(cloud, "POST", path, json.dumps(wrong).encode())[0] == 400
    assert ask(cloud, "POST", path, b'{"stale_reads_s": 0, "aws_timing": false}')[1]["stale_reads_s"] == 0
