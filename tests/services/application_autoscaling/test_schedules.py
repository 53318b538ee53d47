"""Bounds change at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from skyjar.services.application_autoscaling import schedules
from skyjar.services.application_autoscaling.errors import ValidationException

from .conftest import WRITE, Scaled


def moment(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


@pytest.mark.parametrize(
    ("expression", "zone", "after", "found"),
    [
        ("at(2027-01-15T09:00:00)", "", "2027-01-15T08:00:00", "2027-01-15T09:00:00"),
        ("at(2027-01-15T09:00:00)", "Europe/Berlin", "2027-01-15T07:00:00", "2027-01-15T08:00:00"),
        ("cron(0 9 * * ? *)", "Europe/Berlin", "2027-06-01T00:00:00", "2027-06-01T07:00:00"),
        ("cron(0 9 * * ? *)", "America/New_York", "2027-01-15T15:00:00", "2027-01-16T14:00:00"),
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2027-03-28T00:00:00", "2027-03-28T01:30:00"),
        ("rate(90 minutes)", "", "2027-01-15T10:00:00", "2027-01-15T11:00:00"),
    ],
)
def test_when(expression: str, zone: str, after: str, found: str) -> None:
    begins_at = moment("2027-01-15T08:00:00")
    assert schedules.next_time(expression, zone, begins_at, moment(after)) == moment(found)


def test_what_is_over_never_comes() -> None:
    assert schedules.next_time("at(2020-01-01T00:00:00)", "", 0.0, moment("2027-01-01T00:00:00")) is None


@pytest.mark.parametrize(
    "expression", ["at(tomorrow)", "rate(1 minutes)", "cron(0 9 * * * *)", "at(2027-13-01T00:00:00)"]
)
def test_what_is_none(expression: str) -> None:
    with pytest.raises(ValidationException):
        schedules.next_time(expression, "", 0.0, 0.0)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValidationException):
        schedules.next_time("cron(0 9 * * ? *)", "Mars/Olympus", 0.0, 0.0)


def put(scaled: Scaled, **more: Any) -> None:
    scaled.scaling.put_scheduled_action(**(WRITE | {"scheduled_action_name": "morning"} | more))


def test_a_scheduled_action_changes_the_bounds_and_the_capacity(scaled: Scaled) -> None:
    scaled.register()
    put(scaled, schedule="cron(0 9 * * ? *)", timezone="Etc/UTC", scalable_target_action={"MinCapacity": 12})
    scaled.desk.advance(1800)
    assert scaled.units() == 5
    scaled.desk.advance(1801)
    assert scaled.units() == 12
    done, told = scaled.activities()
    assert (done["Cause"], told["Cause"]) == (
        "minimum capacity was set to 12", "scheduled action name morning was triggered",
    )  # fmt: skip
    assert told["StatusMessage"] == "Successfully set min capacity to 12"
    (target,) = scaled.scaling.describe_scalable_targets(service_namespace="dynamodb")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (12, 50)
    scaled.register(1, 50)
    scaled.desk.advance(86_400)
    assert len(scaled.activities()) == 3  # it happens again the next day


def test_once_at_a_rate_and_within_its_times(scaled: Scaled) -> None:
    scaled.register()
    now = scaled.desk.clock.now()
    put(
        scaled,
        schedule="rate(1 hour)",
        start_time=now + 600,
        end_time=now + 4300,
        scalable_target_action={"MaxCapacity": 9},
    )
    scaled.desk.advance(599)
    assert scaled.activities() == []
    scaled.desk.advance(2)
    assert len(scaled.activities()) == 1
    scaled.desk.advance(36_000)
    assert len(scaled.activities()) == 2


def test_a_suspended_target_has_none(scaled: Scaled) -> None:
    scaled.register(suspended_state={"ScheduledScalingSuspended": True})
    put(scaled, schedule="rate(1 hour)", scalable_target_action={"MinCapacity": 9})
    scaled.desk.advance(7300)
    assert scaled.units() == 5


def test_described_changed_and_deleted(scaled: Scaled) -> None:
    scaled.register()
    put(scaled, schedule="rate(1 hour)", scalable_target_action={"MinCapacity": 9})
    put(scaled, schedule="rate(2 hours)")
    (shown,) = scaled.scaling.describe_scheduled_actions(service_namespace="dynamodb")["ScheduledActions"]
    assert (shown["Schedule"], shown["ScalableTargetAction"]) == ("rate(2 hours)", {"MinCapacity": 9})
    assert ":resource/dynamodb/table/tea:scheduledActionName/morning" in shown["ScheduledActionARN"]
    scaled.desk.advance(3700)
    assert scaled.units() == 5
    scaled.scaling.delete_scheduled_action(scheduled_action_name="morning", **WRITE)
    scaled.desk.advance(7300)
    assert scaled.units() == 5


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule": "rate(1 hour)", "scalable_target_action": {}}, "At least one of minimum capacity and maximum"),
        ({"scalable_target_action": {"MinCapacity": 1}}, "Schedule must be specified"),
        ({"schedule": "at(2020-01-01T00:00:00)", "scalable_target_action": {"MinCapacity": 1}}, "in the future"),
        (
            {"schedule": "rate(1 hour)", "scalable_target_action": {"MinCapacity": 2, "MaxCapacity": 1}},
            "Maximum capacity cannot be less than minimum capacity",
        ),
    ],
)
def test_what_is_refused(scaled: Scaled, given: dict[str, Any], sentence: str) -> None:
    scaled.register()
    with pytest.raises(ValidationException, match=sentence):
        put(scaled, **given)
