"""A running cloud for client tests: one per session, and one whose clock stands still per module that turns it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

import skyjar
from skyjar.testing.running import Account, Running


@pytest.fixture(scope="session")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


@pytest.fixture
def account(cloud: Running) -> Account:
    """An empty account of its own."""
    return cloud.account()


@pytest.fixture(scope="module")
def still_cloud() -> Iterator[Running]:
    """A cloud whose clock stands until a test turns it: `still_cloud.advance(seconds)`."""
    with skyjar.running() as running:
        running.freeze()
        yield running


@pytest.fixture
def still(still_cloud: Running) -> Account:
    return still_cloud.account()


@pytest.fixture
def found_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that boto3 makes by putting something before the endpoint's host; not every machine finds these."""
    find = socket.getaddrinfo
    made_up = (".127.0.0.1", ".localhost", ".amazonaws.com")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: find("127.0.0.1" if str(host).endswith(made_up) else host, *more, **named),
    )
