"""Policies of advanced parameters: what is accepted, and what they do when their time comes."""

import json
from typing import Any

import pytest

from skyjar.services.ssm import policies
from tests.conftest import NOON

from .test_parameters import code, put

DAY_S = 86_400


def expiration(at: str) -> dict[str, Any]:
    return {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": at}}


def before(count: int, unit: str = "Days") -> dict[str, Any]:
    return {"Type": "ExpirationNotification", "Version": "1.0", "Attributes": {"Before": str(count), "Unit": unit}}


def unchanged(count: int, unit: str = "Days") -> dict[str, Any]:
    return {"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": str(count), "Unit": unit}}


def put_with(desk: Any, *given: dict[str, Any], **more: Any) -> Any:
    return put(desk, "/a", tier="Advanced", policies=json.dumps(given), **more)


def statuses(desk: Any) -> list[tuple[str, str]]:
    (shown,) = desk.ask("ssm").describe_parameters()["Parameters"]
    return [(each["PolicyType"], each["PolicyStatus"]) for each in shown["Policies"]]


@pytest.fixture
def told(desk: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, str, str]]:
    """(when, event, what) of the events of Parameter Store, as EventBridge would be told."""
    found: list[tuple[float, str, str]] = []

    def emit(call: Any, event: Any) -> None:
        found.append((call.now - NOON, type(event).__name__, getattr(event, "policy", "") or event.operation))

    monkeypatch.setattr(desk.pipeline.inside, "emit", emit)
    return found


def test_an_expiration_deletes_the_parameter_on_time(desk: Any, told: Any) -> None:
    put_with(desk, expiration("2027-01-20T09:00:00+01:00"), before(2), before(1, "Hours"), unchanged(4))
    assert statuses(desk)[0] == ("Expiration", "Pending")
    desk.advance(3 * DAY_S)
    assert statuses(desk)[1] == ("ExpirationNotification", "Finished")
    desk.advance(DAY_S)
    assert [status for _, status in statuses(desk)] == ["Pending", "Finished", "Pending", "Finished"]
    desk.advance(DAY_S - 1)
    assert statuses(desk)
    desk.advance(1)
    assert desk.ask("ssm").describe_parameters()["Parameters"] == []
    assert told == [
        (0, "ParameterChanged", "Create"),
        (3 * DAY_S, "PolicyActed", "ExpirationNotification"),
        (4 * DAY_S, "PolicyActed", "NoChangeNotification"),
        (5 * DAY_S - 3600, "PolicyActed", "ExpirationNotification"),
        (5 * DAY_S, "PolicyActed", "Expiration"),
        (5 * DAY_S, "ParameterChanged", "Delete"),
    ]


def test_a_change_begins_the_period_anew_and_leaves_the_expiration(desk: Any, told: Any) -> None:
    put_with(desk, expiration("2027-01-25T08:00:00Z"), unchanged(4))
    desk.advance(3 * DAY_S)
    put(desk, "/a", "y", overwrite=True)
    desk.advance(3 * DAY_S)
    assert statuses(desk) == [("Expiration", "Pending"), ("NoChangeNotification", "Pending")]
    desk.advance(DAY_S)
    assert statuses(desk)[1] == ("NoChangeNotification", "Finished")
    put(desk, "/a", "z", overwrite=True, policies="[{}]")
    assert statuses(desk) == []
    desk.advance(10 * DAY_S)
    assert desk.ask("ssm").get_parameter(name="/a")["Parameter"]["Value"] == "z"
    history = desk.ask("ssm").get_parameter_history(name="/a")["Parameters"]
    assert [len(each["Policies"]) for each in history] == [2, 2, 0]


def test_a_parameter_that_is_made_again_does_not_expire_with_its_predecessor(desk: Any) -> None:
    put_with(desk, expiration("2027-01-16T08:00:00Z"))
    desk.ask("ssm").delete_parameter(name="/a")
    put(desk, "/a")
    desk.advance(2 * DAY_S)
    assert desk.ask("ssm").get_parameter(name="/a")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("{", "ValidationException"),
        ('{"Type": "Expiration"}', "ValidationException"),
        ([{"Type": "Rotation", "Version": "1.0", "Attributes": {}}], "InvalidPolicyTypeException"),
        ([expiration("tomorrow")], "InvalidPolicyAttributeException"),
        ([expiration("2027-01-16T08:00:00")], "InvalidPolicyAttributeException"),
        ([unchanged(0)], "InvalidPolicyAttributeException"),
        ([unchanged(1, "Weeks")], "InvalidPolicyAttributeException"),
        ([{**unchanged(1), "Version": "2.0"}], "InvalidPolicyAttributeException"),
        ([expiration("2028-01-16T08:00:00Z")] * 2, "IncompatiblePolicyException"),
        ([before(1)], "IncompatiblePolicyException"),
        ([unchanged(1)] * 11, "PoliciesLimitExceededException"),
    ],
)
def test_what_is_no_policy_is_refused(desk: Any, given: Any, error: str) -> None:
    text = given if isinstance(given, str) else json.dumps(given)
    assert code(put, desk, "/a", tier="Advanced", policies=text) == error


def test_policies_need_an_advanced_parameter(desk: Any) -> None:
    text = json.dumps([unchanged(1)])
    assert code(put, desk, "/a", policies=text) == "ValidationException"
    assert put(desk, "/a", policies=text, tier="Intelligent-Tiering")["Tier"] == "Advanced"


def test_a_moment_may_have_an_offset_with_seconds() -> None:
    (read,) = policies.read(json.dumps([expiration("2019-11-01T22:13:48.87+10:30:00")]), 0.0)
    assert read.due_at == 1_572_608_628.87
