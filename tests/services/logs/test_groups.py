"""Groups, streams, tags."""

import pytest

from skyjar.kernel.errors import AWSError


def refused(code, words, run, **kwargs):
    with pytest.raises(AWSError) as caught:
        run(**kwargs)
    assert (caught.value.code, caught.value.message) == (code, words)


def test_a_group_exists_once(desk):
    logs = desk.ask("logs")
    logs.create_log_group(log_group_name="g", tags={"a": "b"})
    refused(
        "ResourceAlreadyExistsException",
        "The specified log group already exists",
        logs.create_log_group,
        log_group_name="g",
    )
    (group,) = logs.describe_log_groups(log_group_name_prefix="g")["logGroups"]
    assert group["arn"] == "arn:aws:logs:us-east-1:111122223333:log-group:g:*"
    logs.delete_log_group(log_group_name="g")
    refused(
        "ResourceNotFoundException",
        "The specified log group does not exist.",
        logs.delete_log_group,
        log_group_name="g",
    )


def test_a_new_group_does_not_hold_the_old_ones_events(desk):
    logs = desk.ask("logs")
    now_ms = int(desk.clock.now() * 1000)
    for _ in range(2):
        logs.create_log_group(log_group_name="g")
        logs.create_log_stream(log_group_name="g", log_stream_name="s")
        assert logs.get_log_events(log_group_name="g", log_stream_name="s")["events"] == []
        events = [{"timestamp": now_ms, "message": "x"}]
        logs.put_log_events(log_group_name="g", log_stream_name="s", log_events=events)
        logs.delete_log_group(log_group_name="g")
    desk.settle()
    from skyjar.services.logs import state

    tx = desk.store.begin()
    assert [*state.batches.anywhere(tx), *state.streams.anywhere(tx)] == []
    tx.abort()


def test_groups_and_streams_come_in_pages(desk):
    logs = desk.ask("logs")
    for n in range(5):
        logs.create_log_group(log_group_name=f"g{n}")
        logs.create_log_stream(log_group_name="g0", log_stream_name=f"s{n}")
    first = logs.describe_log_groups(limit=3)
    rest = logs.describe_log_groups(limit=3, next_token=first["nextToken"])
    assert [group["logGroupName"] for group in first["logGroups"] + rest["logGroups"]] == [f"g{n}" for n in range(5)]
    assert "nextToken" not in rest
    newest = logs.describe_log_streams(log_group_name="g0", descending=True, limit=2)["logStreams"]
    assert [stream["logStreamName"] for stream in newest] == ["s4", "s3"]


def test_tags_by_name_and_by_arn(desk):
    logs = desk.ask("logs")
    logs.create_log_group(log_group_name="g", tags={"a": "1"})
    arn = "arn:aws:logs:us-east-1:111122223333:log-group:g"
    logs.tag_resource(resource_arn=arn, tags={"b": "2"})
    logs.untag_log_group(log_group_name="g", tags=["a"])
    assert (
        logs.list_tags_for_resource(resource_arn=arn)
        == {"tags": {"b": "2"}}
        == logs.list_tags_log_group(log_group_name="g")
    )


def test_a_groups_tags_are_condition_keys(desk):
    from skyjar.services.logs import permissions

    desk.ask("logs").create_log_group(log_group_name="/a/g", tags={"team": "red"})

    def asked(operation, **parameters):
        return desk.store.transact(lambda tx: permissions.conditions(desk.call(tx), operation, parameters))

    arn = "arn:aws:logs:us-east-1:111122223333:log-group:/a/g"
    assert asked("put_log_events", log_group_name="/a/g", log_stream_name="s") == {"aws:ResourceTag/team": "red"}
    assert asked("untag_resource", resource_arn=arn, tag_keys=["x"]) == {
        "aws:TagKeys": ["x"],
        "aws:ResourceTag/team": "red",
    }
    assert asked("create_log_group", log_group_name="/a/g", tags={"a": "b"}) == {
        "aws:TagKeys": ["a"],
        "aws:RequestTag/a": "b",
    }
    assert asked("describe_log_groups") == {}
