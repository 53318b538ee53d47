"""Object Lambda access points: access points whose answers to GetObject a function writes. S3 serves them
(`ObjectLambdaChanged`)."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import operation

from . import ObjectLambdaChanged, ObjectLambdaDeleted, limits, state
from .access_points import new_alias
from .errors import AccessPointAlreadyOwnedByYou, InvalidRequest, TooManyAccessPoints
from .public_access import shown
from .state import ObjectLambda

_ALIAS = "--ol-s3"
_ALIAS_NOISE = 20


def arn_of(call: Call, name: str) -> str:
    return f"arn:aws:s3-object-lambda:{call.region}:{call.account}:accesspoint/{name}"


@operation
def create_access_point_for_object_lambda(
    call: Call, *, account_id: str, name: str, configuration: dict[str, Any]
) -> dict[str, Any]:
    state.check_account(call, account_id)
    if state.object_lambdas.get(call, name) is not None:
        raise AccessPointAlreadyOwnedByYou(AccessPointName=name)
    if state.object_lambdas.count(call, limit=limits.OBJECT_LAMBDAS) >= limits.OBJECT_LAMBDAS:
        raise TooManyAccessPoints
    _check(call, configuration)
    made = ObjectLambda(
        name=name,
        alias=new_alias(call, name, _ALIAS, _ALIAS_NOISE),
        created_s=int(call.now),
        configuration=msgspec.msgpack.encode(configuration),
    )
    state.object_lambdas.add(call, made)
    tell(call, made)
    return {"ObjectLambdaAccessPointArn": arn_of(call, name), "Alias": _alias(made)}


def _check(call: Call, configuration: dict[str, Any]) -> None:
    """What it stands on is one of the account's own access points in the Region."""
    start, _, supporting = configuration["SupportingAccessPoint"].rpartition("/")
    if start != f"arn:aws:s3:{call.region}:{call.account}:accesspoint" or state.points.get(call, supporting) is None:
        raise InvalidRequest("The supporting access point does not exist, or is not in this account and Region.")
    if configuration.get("AllowedFeatures"):
        raise NotImplementedHere("Skyjar does not implement AllowedFeatures of Object Lambda access points.")
    if configuration.get("CloudWatchMetricsEnabled"):
        raise NotImplementedHere("Skyjar does not implement CloudWatchMetricsEnabled of Object Lambda access points.")
    given = [action for each in configuration["TransformationConfigurations"] for action in each["Actions"]]
    if len(set(given)) != len(given) or not given:
        raise InvalidRequest("Each action of an Object Lambda access point has one transformation.")
    for action in given:
        if action != "GetObject":
            raise NotImplementedHere(f"Skyjar does not implement the transformation of {action}.")
    for each in configuration["TransformationConfigurations"]:
        function = (each["ContentTransformation"].get("AwsLambda") or {}).get("FunctionArn", "")
        if not function.startswith("arn:aws:lambda:"):
            raise InvalidRequest("The function of a transformation is named by its ARN.")


def tell(call: Call, found: ObjectLambda) -> None:
    """S3 serves it as it is now."""
    configuration = msgspec.msgpack.decode(found.configuration)
    functions = tuple(
        (action, transforming["FunctionArn"], transforming.get("FunctionPayload", ""))
        for each in configuration["TransformationConfigurations"]
        for transforming in [each["ContentTransformation"]["AwsLambda"]]
        for action in each["Actions"]
    )
    supporting = configuration["SupportingAccessPoint"]
    call.emit(
        ObjectLambdaChanged(
            call.account, call.region, found.name, found.alias, supporting, functions, found.policy
        )
    )  # fmt: skip


def _alias(found: ObjectLambda) -> dict[str, str]:
    return {"Value": found.alias, "Status": "READY"}


@operation
def get_access_point_for_object_lambda(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    found = state.object_lambda_of(call, account_id, name)
    return {
        "Name": name,
        "PublicAccessBlockConfiguration": shown((True, True, True, True)),
        "CreationDate": found.created_s,
        "Alias": _alias(found),
    }


@operation
def get_access_point_configuration_for_object_lambda(call: Call, *, account_id: str, name: str) -> dict[str, Any]:
    found = state.object_lambda_of(call, account_id, name)
    return {"Configuration": msgspec.msgpack.decode(found.configuration)}


@operation
def put_access_point_configuration_for_object_lambda(
    call: Call, *, account_id: str, name: str, configuration: dict[str, Any]
) -> None:
    found = state.object_lambda_of(call, account_id, name)
    _check(call, configuration)
    keep(call, found, msgspec.structs.replace(found, configuration=msgspec.msgpack.encode(configuration)))


def keep(call: Call, found: ObjectLambda, changed: ObjectLambda) -> None:
    state.object_lambdas.replace(call, found, changed)
    tell(call, changed)


@operation
def list_access_points_for_object_lambda(
    call: Call, *, account_id: str, next_token: str = "", max_results: int | None = None
) -> dict[str, Any]:
    """In the order of their names; `next_token` is the last name of the page before."""
    state.check_account(call, account_id)
    most = min(max_results or limits.PAGE, limits.PAGE)
    start = (next_token + "\0",) if next_token else ()
    found = state.object_lambdas.range(call, start=start, limit=most + 1)
    listed = [
        {"Name": each.name, "ObjectLambdaAccessPointArn": arn_of(call, each.name), "Alias": _alias(each)}
        for each in found[:most]
    ]
    answer: dict[str, Any] = {"ObjectLambdaAccessPointList": listed}
    return {**answer, "NextToken": found[most - 1].name} if len(found) > most else answer


@operation
def delete_access_point_for_object_lambda(call: Call, *, account_id: str, name: str) -> None:
    state.object_lambdas.remove(call, state.object_lambda_of(call, account_id, name))
    call.emit(ObjectLambdaDeleted(call.account, call.region, name))
