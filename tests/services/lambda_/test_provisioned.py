"""Provisioned concurrency."""

from __future__ import annotations

from typing import Any

import pytest

PUT, GET = "put_provisioned_concurrency_config", "get_provisioned_concurrency_config"


@pytest.fixture
def live(lab: Any) -> dict[str, Any]:
    """A function with two versions, and the alias `live` of the first."""
    lab.create()
    lab.run("publish_version", function_name="f")
    lab.run("update_function_configuration", function_name="f", timeout=5)
    lab.run("publish_version", function_name="f")
    lab.run("create_alias", function_name="f", name="live", function_version="1")
    return {"function_name": "f", "qualifier": "live"}


def test_what_is_put_becomes_ready(lab, live):
    put = lab.run(PUT, **live, provisioned_concurrent_executions=3)
    assert (put["Status"], put["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    lab.desk.settle()
    got = lab.run(GET, **live)
    assert (got["Status"], got["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 3)
    assert lab.kept == {"1": 3}
    lab.invoke(qualifier="live")
    lab.invoke(qualifier="2")
    assert [call.provisioned for call in lab.calls] == [3, 0]
    (listed,) = lab.run("list_provisioned_concurrency_configs", function_name="f")["ProvisionedConcurrencyConfigs"]
    assert listed["FunctionArn"].endswith(":function:f:live")


@pytest.mark.spec("lambda-050", "lambda-026")
def test_what_cannot_be_provisioned(lab, live, refuses):
    given = {"function_name": "f", "provisioned_concurrent_executions": 1}
    refuses(
        "InvalidParameterValueException", "unpublished function versions", lab.run, PUT, qualifier="$LATEST", **given
    )
    refuses("ResourceNotFoundException", "Function not found", lab.run, PUT, qualifier="none", **given)
    refuses("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned", lab.run, GET, **live)
    lab.run(PUT, qualifier="live", **given)
    refuses("InvalidParameterValueException", "pointed by a Provisioned", lab.run, PUT, qualifier="1", **given)
    lab.run("put_function_concurrency", function_name="f", reserved_concurrent_executions=2)
    many = {**given, "provisioned_concurrent_executions": 3}
    refuses("InvalidParameterValueException", "reservedConcurrentExecution", lab.run, PUT, qualifier="live", **many)


def test_one_that_cannot_begin_has_failed(lab, live):
    lab.can_begin = False
    lab.run(PUT, **live, provisioned_concurrent_executions=2)
    lab.desk.settle()
    got = lab.run(GET, **live)
    assert (got["Status"], got["StatusReason"]) == ("FAILED", "FUNCTION_ERROR_INIT_FAILURE")
    lab.invoke(qualifier="live")
    assert lab.calls[0].provisioned == 0


def test_an_alias_that_moves_takes_it_along(lab, live):
    lab.run(PUT, **live, provisioned_concurrent_executions=2)
    lab.desk.settle()
    lab.run("update_alias", function_name="f", name="live", function_version="2")
    assert lab.run(GET, **live)["Status"] == "IN_PROGRESS"
    lab.desk.settle()
    assert lab.kept == {"1": 0, "2": 2}
    assert lab.run(GET, **live)["Status"] == "READY"


def test_deleted_by_itself_and_with_its_alias(lab, live):
    lab.run(PUT, **live, provisioned_concurrent_executions=2)
    lab.desk.settle()
    lab.run("delete_provisioned_concurrency_config", **live)
    lab.desk.settle()
    assert lab.kept == {"1": 0}
    lab.run(PUT, **live, provisioned_concurrent_executions=2)
    lab.desk.settle()
    lab.run("delete_alias", function_name="f", name="live")
    lab.desk.settle()
    assert lab.kept == {"1": 0}
    assert lab.run("list_provisioned_concurrency_configs", function_name="f")["ProvisionedConcurrencyConfigs"] == []
