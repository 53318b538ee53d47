"""What rules and PutEvents tell CloudWatch."""

from __future__ import annotations

from typing import Any

from tests.conftest import NOON

from .conftest import Events, queue_arn


def read(desk: Any, name: str, rule: str = "", bus: str = "", statistic: str = "Sum") -> list[float]:
    dimensions = {"EventBusName": bus, "RuleName": rule}
    found = desk.ask("cloudwatch").get_metric_statistics(
        namespace="AWS/Events",
        metric_name=name,
        dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items() if value],
        start_time=NOON - 60,
        end_time=desk.clock.now() + 60,
        period=7 * 86_400,
        statistics=[statistic],
    )
    return [point[statistic] for point in found["Datapoints"]]


def test_rules_that_match_are_counted(bridge: Events, desk: Any) -> None:
    bridge.rule("one")
    bridge.rule("two")
    bridge.rule("other", {"source": ["else"]})
    bridge.put()
    bridge.put()
    bridge.put(source="nobody")
    assert read(desk, "MatchedEvents") == [2.0]
    assert read(desk, "MatchedEvents", "one") == [2.0]
    assert read(desk, "MatchedEvents", "other") == []
    assert read(desk, "TriggeredRules") == [4.0]
    assert read(desk, "Invocations", "two") == [2.0]
    assert read(desk, "SuccessfulInvocationAttempts") == [4.0]
    assert read(desk, "FailedInvocations") == []
    assert read(desk, "IngestionToInvocationStartLatency", "one", statistic="SampleCount") == [2.0]


def test_a_rule_of_another_bus_has_both_names(bridge: Events, desk: Any) -> None:
    bridge.events.create_event_bus(name="shop")
    bridge.rule("one", bus="shop")
    bridge.put(EventBusName="shop")
    assert read(desk, "Invocations", "one", "shop") == [1.0]
    assert read(desk, "Invocations", "one") == []


def test_what_fails_is_counted_with_its_dead_letter(bridge: Events, desk: Any) -> None:
    bridge.queue("dead")
    url = bridge.rule("one", DeadLetterConfig={"Arn": queue_arn("dead")})
    bridge.sqs.delete_queue(queue_url=url)
    bridge.put()
    desk.advance(86_400)
    assert read(desk, "FailedInvocations", "one") == [1.0]
    assert read(desk, "Invocations", "one") == [1.0]
    assert read(desk, "InvocationsSentToDlq", "one") == [1.0]
    assert read(desk, "SuccessfulInvocationAttempts") == []


def test_a_schedule_triggers_its_rule(bridge: Events, desk: Any) -> None:
    bridge.rule("often", schedule="rate(1 minute)")
    desk.advance(180)
    assert read(desk, "TriggeredRules", "often") == [3.0]
    assert read(desk, "Invocations", "often") == [3.0]


def test_put_events_is_counted(bridge: Events, desk: Any) -> None:
    good = {"Source": "app", "DetailType": "T", "Detail": "{}"}
    bridge.events.put_events(entries=[good, {**good, "Detail": "no"}])
    assert read(desk, "PutEventsApproximateCallCount") == [1.0]
    assert read(desk, "PutEventsEntriesCount") == [2.0]
    assert read(desk, "PutEventsFailedEntriesCount") == [1.0]
    assert read(desk, "PutEventsRequestSize") == [12.0]
