"""The pytest plugin: `skyjar` is a fresh account of a cloud that runs once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .running import Account, Running, running


@pytest.fixture(scope="session")
def skyjar_cloud() -> Iterator[Running]:
    """The cloud behind the `skyjar` fixture, one for the whole session."""
    with running() as cloud:
        yield cloud


@pytest.fixture
def skyjar(skyjar_cloud: Running) -> Account:
    """An empty account of its own: `skyjar.client("sqs")`, `skyjar.environment`."""
    return skyjar_cloud.account()
