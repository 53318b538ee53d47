"""An account with an analyzer of each kind at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def analyzer(desk: Any) -> Any:
    return desk.ask("accessanalyzer")


@pytest.fixture
def made(desk: Any, analyzer: Any) -> Callable[..., str]:
    """Make an analyzer and let it look around once."""

    def make(kind: str = "ACCOUNT", **more: Any) -> str:
        arn: str = analyzer.create_analyzer(analyzer_name="a", type=kind, **more)["arn"]
        desk.settle()
        return arn

    return make


@pytest.fixture
def document() -> Callable[..., str]:
    def text(*statements: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    return text
