from __future__ import annotations

from typing import Any

from .conftest import Stacks


def test_only_lambda_functions_are_asked(stacks: Stacks) -> None:
    topic = {"ServiceToken": "arn:aws:sns:us-east-1:000000000000:t"}
    assert stacks.deploy({"A": {"Type": "Custom::Mine", "Properties": topic}}) == "ROLLBACK_COMPLETE"
    assert "no Lambda function" in stacks.reason("A", "CREATE_FAILED")


def test_a_custom_resource_needs_a_service_token(stacks: Stacks) -> None:
    given: dict[str, Any] = {"A": {"Type": "Custom::Mine", "Properties": {"Number": 1}}}
    assert stacks.deploy(given) == "ROLLBACK_COMPLETE"
    assert "ServiceToken" in stacks.reason("A", "CREATE_FAILED")
