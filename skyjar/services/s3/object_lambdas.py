"""GetObject through an Object Lambda access point: the function is invoked as the caller, reads the object with a URL that is
signed as the caller, and what it writes (`object_lambda_replies.py`) is the answer from then on, while it goes on.

Source: S3 User Guide, "Event context format and usage", "Configuring IAM policies for Object Lambda access points".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import orjson

from skyjar.kernel import credentials
from skyjar.kernel.blobs import Blob, Flowing, Slices
from skyjar.kernel.call import Call
from skyjar.kernel.credentials import Credential
from skyjar.kernel.errors import AWSError, NotImplementedHere
from skyjar.kernel.outside import Outside, Race

from . import jobs, object_lambda_state, presigning
from .errors import (
    AccessDenied,
    LambdaNotFound,
    LambdaPermissionError,
    LambdaResponseNotReceived,
    LambdaRuntimeError,
)
from .object_lambda_state import ObjectLambda, Reply

SECONDS = 61  # what AWS gives the function
_TAKEN = ("call", "transforming", "bucket", "key", "version_id", "checksum_mode", "expected_bucket_owner")
_PASSED = ("head_object", "list_objects", "list_objects_v2")


def action(operation: str, parameters: dict[str, Any]) -> str:
    """The action that is judged on the point; whatever is not done through it is refused."""
    if operation == "get_object":
        return f"s3-object-lambda:GetObject{'Version' if parameters.get('version_id') else ''}"
    if operation not in _PASSED:
        raise NotImplementedHere(f"Skyjar does not implement s3:{operation} through an Object Lambda access point.")
    return "s3-object-lambda:GetObject" if operation == "head_object" else "s3-object-lambda:ListBucket"


def passed_on(found: ObjectLambda, operation: str, given: dict[str, Any]) -> dict[str, Any]:
    """What no function transforms the supporting access point answers; `given` are the operation's own variables."""
    call: Call = given["call"]
    own = ("call", "transforming")
    parameters = {name: value for name, value in given.items() if name not in own and value not in ("", None)}
    asked = call.ask("s3", region=found.region)
    answer: dict[str, Any] = getattr(asked, operation)(**{**parameters, "bucket": found.supporting})
    return answer


def transformed(found: ObjectLambda, given: dict[str, Any]) -> Outside:
    """`given` are GetObject's own variables."""
    call, key, version = given["call"], given["key"], given["version_id"]
    for name, value in given.items():
        if name not in _TAKEN and value not in ("", None):
            raise NotImplementedHere(f"Skyjar does not implement {name} of s3:GetObject through Object Lambda.")
    if call.caller.kind == "anonymous":
        raise AccessDenied
    _, function, payload = next(each for each in found.functions if each[0] == "GetObject")
    keys = _issued(call)
    token, route = call.chance.hex(64), f"io-{call.chance.hex(8)}"
    object_lambda_state.replies.add(call, Reply(token=token, arn=found.arn, route=route, until_s=call.now + SECONDS))
    call.later(jobs.forget_reply, key=token, due=call.now + 2 * SECONDS, token=token, access_key=keys[0])
    event = {
        "xAmzRequestId": call.request_id,
        "getObjectContext": {
            "inputS3Url": presigning.url_of(
                _near(call.endpoint), found.supporting.replace("accesspoint/", "accesspoint:"), key, found.region,
                call.now, SECONDS, keys, version,
            ),
            "outputRoute": route,
            "outputToken": token,
        },
        "configuration": {
            "accessPointArn": found.arn,
            "supportingAccessPointArn": found.supporting,
            "payload": payload,
        },
        "userRequest": {
            "url": f"{call.endpoint}/{quote(key)}",
            "headers": {"Host": urlsplit(call.endpoint).netloc, "User-Agent": call.origin.user_agent},
        },
        "userIdentity": _identity(call),
        "protocolVersion": "1.00",
    }  # fmt: skip
    _, _, _, region, account, _ = function.split(":", 5)
    context = {"aws:CalledVia": "s3-object-lambda.amazonaws.com"}
    try:
        outside = call.ask("lambda", account=account, region=region, context=context).invoke(
            function_name=function, payload=orjson.dumps(event)
        )
    except AWSError as error:
        raise (LambdaNotFound if error.status == 404 else LambdaPermissionError)() from error
    assert isinstance(outside, Outside)
    ended = outside.map(_ended(keys[0]))
    return Outside(Race(call, ended, (object_lambda_state.replies.watched(call, token),)), _answered(token))


def _near(endpoint: str) -> str:
    """The same server by an address that a function finds: the client's own name for it may be known to the client alone."""
    port = urlsplit(endpoint).port
    return f"http://127.0.0.1{f':{port}' if port else ''}"


def _issued(call: Call) -> tuple[str, str, str]:
    """A key of the caller's for a minute."""
    access_key, secret, token = f"ASIA{call.chance.hex(16).upper()}", call.chance.hex(40), call.chance.hex(64)
    principal = msgspec.structs.replace(call.caller, access_key=access_key)
    credentials.issue(
        call,
        Credential(
            access_key=access_key, secret=secret, principal=principal, token=token, expires_at=call.now + SECONDS
        ),
    )
    return access_key, secret, token


def _identity(call: Call) -> dict[str, Any]:
    caller = call.caller
    kinds = {"root": "Root", "user": "IAMUser", "role": "AssumedRole", "federated-user": "FederatedUser"}
    told: dict[str, Any] = {
        "type": kinds.get(caller.kind, "AWSService"),
        "principalId": caller.id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key,
    }
    if caller.kind == "role":
        begun = datetime.fromtimestamp(caller.issued_at, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
        told["sessionContext"] = {
            "attributes": {"mfaAuthenticated": "true" if caller.mfa_at else "false", "creationDate": begun},
            "sessionIssuer": {
                "type": "Role",
                "principalId": caller.id.partition(":")[0],
                "arn": f"arn:aws:iam::{caller.account}:role{caller.path}{caller.name}",
                "accountId": caller.account,
                "userName": caller.name,
            },
        }
    return told


def _ended(access_key: str) -> Callable[[Call, Any], Any]:
    def then(call: Call, invoked: Any) -> Any:
        credentials.revoke(call, access_key)
        return invoked

    return then


def _answered(token: str) -> Callable[[Call, Any], Any]:
    """`invoked` is None while the function goes on."""

    def then(call: Call, invoked: Any) -> dict[str, Any]:
        reply = object_lambda_state.replies.get(call, token)
        if reply is not None:
            object_lambda_state.replies.remove(call, reply)
        if reply is None or not reply.status:
            if isinstance(invoked, AWSError):
                raise invoked
            failed = isinstance(invoked, dict) and invoked.get("FunctionError")
            raise (LambdaRuntimeError if failed else LambdaResponseNotReceived)()
        if reply.status >= 300 or reply.code:
            raise _error(reply)
        body = _body(call, reply)
        return {**reply.members, "Body": body, **({} if reply.size is None else {"ContentLength": reply.size})}

    return then


def _error(reply: Reply) -> AWSError:
    error = AWSError(reply.message)
    error.code, error.status = reply.code or "LambdaError", reply.status
    return error


def _body(call: Call, reply: Reply) -> bytes | Slices | Flowing:
    if reply.flow:
        return Flowing(reply.flow, reply.size)
    if not reply.blob or reply.size is None:
        return reply.body
    blob = Blob(reply.blob, call.blobs.path(reply.blob), reply.size, reply.secrets)
    return Slices(((blob, 0, reply.size),))
