"""Custom resources: a Lambda function is asked to create, update or delete, and answers at a URL of its own.

The request is a row, written in the transaction that invokes the function, so that it is sent once; the work waits for the row
to change. Shapes and sentences: CloudFormation Template Reference, "Custom resource request and response reference".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere, Wait
from skyjar.kernel.outside import Compute, Outside

from . import limits, state
from .errors import ValidationError
from .state import CustomRequest

NAME = "AWS::CloudFormation::CustomResource"


def is_custom(type_name: str) -> bool:
    return type_name == NAME or type_name.startswith("Custom::")


def check(properties: Properties) -> None:
    token = str(properties.get("ServiceToken", ""))
    if not token:
        raise ValidationError("ServiceToken is required for a custom resource.")
    if not token.startswith("arn:aws:lambda:"):
        raise NotImplementedHere("Skyjar does not implement custom resources whose ServiceToken is no Lambda function.")
    timeout = str(properties.get("ServiceTimeout", limits.SERVICE_TIMEOUT_S))
    if not (timeout.isascii() and timeout.isdigit() and 1 <= int(timeout[:5]) <= limits.SERVICE_TIMEOUT_S):
        raise ValidationError(f"ServiceTimeout must be between 1 and {limits.SERVICE_TIMEOUT_S} seconds.")


def create(call: Call, resource: Resource, properties: Properties) -> Physical | Outside:
    return _ask(call, resource, "Create", properties, {})


def update(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    if properties["ServiceToken"] != before.get("ServiceToken"):
        raise ValidationError("Modifying service token is not allowed.")
    more = {"PhysicalResourceId": old.id, "OldResourceProperties": _texts(before)}
    return _ask(call, resource, "Update", properties, more)


def delete(call: Call, resource: Resource, physical: Physical, properties: Properties) -> Outside | None:
    answer = _ask(call, resource, "Delete", properties, {"PhysicalResourceId": physical.id})
    return answer if isinstance(answer, Outside) else None


def _ask(call: Call, resource: Resource, kind: str, properties: Properties, more: dict[str, Any]) -> Physical | Outside:
    """Run again when the answer is there, or the time is over; then the row is removed with the outcome."""
    key = f"{resource.token}-{kind}"
    found = state.requests.get(call, key)
    if found is None:
        _send(call, resource, key, kind, properties, more)
        return Outside(Compute(str), lambda call, _: _waited(call, key))
    if not found.answer and call.now < found.until_s:
        return _waited(call, key)
    state.requests.remove(call, found)
    answer = orjson.loads(found.answer or "{}")
    reason = _failure(found, answer)
    if reason:
        return Outside(Compute(str), lambda call, _: _fail(reason))
    identity = answer["PhysicalResourceId"] if kind != "Delete" else more["PhysicalResourceId"]
    return Physical(identity, answer.get("Data") or {})


def _send(call: Call, resource: Resource, key: str, kind: str, properties: Properties, more: dict[str, Any]) -> None:
    made = CustomRequest(
        key=key,
        id=call.new_id(),
        secret=call.chance.hex(32),
        until_s=call.now + int(properties.get("ServiceTimeout", limits.SERVICE_TIMEOUT_S)),
    )
    state.requests.add(call, made)
    document = {
        "RequestType": kind,
        "ServiceToken": properties["ServiceToken"],
        "ResponseURL": f"{call.endpoint}/_aws/cloudformation/custom-resources/{key}/{made.secret}",
        "StackId": resource.stack_id,
        "RequestId": made.id,
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type,
        "ResourceProperties": _texts(properties),
        **more,
    }
    call.ask("lambda").invoke(
        function_name=properties["ServiceToken"], invocation_type="Event", payload=orjson.dumps(document)
    )


def _waited(call: Call, key: str) -> Physical:
    found = state.requests.get(call, key)
    until = call.now if found is None or found.answer else found.until_s
    raise Wait(on=state.requests.watched(call, key), until=until)


def _failure(request: CustomRequest, answer: dict[str, Any]) -> str:
    if not answer:
        return (
            "CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId "
            f"[{request.id}]. If you are using the Python cfn-response module, you may need to update your Lambda function "
            "so that CloudFormation can attach the updated version."
        )
    if answer.get("Status") == "SUCCESS" and answer.get("PhysicalResourceId"):
        return ""
    if answer.get("Status") == "SUCCESS":
        return "Invalid PhysicalResourceId"
    status = answer.get("Status")
    return (
        f"Received response status [{status}] from custom resource. Message returned: {answer.get('Reason', '')} "
        f"(RequestId: {request.id})"
    )


def _fail(reason: str) -> Physical:
    raise ValidationError(reason)


def _texts(value: Any) -> Any:
    """Every scalar as a string, as functions get them."""
    if isinstance(value, dict):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


TYPE = ResourceType(create=create, update=update, delete=delete, properties=("ServiceTimeout", "ServiceToken"))
