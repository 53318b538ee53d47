"""Invoke: which version runs, what may be sent to it, and what is answered."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from skyjar.kernel.blobs import Blob
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At
from skyjar.runtime.functions import Function as Running
from skyjar.runtime.functions import RuntimeMissing
from skyjar.runtime.invocations import Answer, Invocation, Limit, Outcome, Throttled

from . import execution, jobs, limits, metrics, state
from .errors import (
    InvalidRequestContentException,
    InvalidRuntimeException,
    RequestTooLargeException,
    ServiceException,
    TooManyRequestsException,
)
from .names import Reference
from .state import Version


@operation
def invoke(
    call: Call,
    *,
    function_name: str,
    invocation_type: str = "RequestResponse",
    log_type: str = "None",
    client_context: str | None = None,
    payload: bytes | Blob = b"",
    qualifier: str | None = None,
) -> dict[str, Any] | Outside:
    at, reference = state.refer(call, function_name, qualifier)
    version = choose(call, at, reference)
    body = payload if isinstance(payload, bytes) else payload.read()
    _check_payload(body, invocation_type)
    if invocation_type == "DryRun":
        return {"StatusCode": 204}
    if invocation_type == "Event":
        jobs.enqueue(call, at, reference, body)
        return {"StatusCode": 202, "Payload": b""}
    request = request_of(call, at, reference, version, body, call.request_id, _context(client_context))
    tail = log_type == "Tail"
    return Outside(request, lambda call, answer: _answer(conclude(call, answer), version, tail))


def choose(call: Call, at: At, reference: Reference) -> Version:
    """The version that runs; an alias with weights draws one."""
    number = state.number_of(reference.qualifier)
    if number is None:
        alias = state.aliases.get(at, reference.name, reference.qualifier)
        if alias is None:
            raise state.missing(reference)
        target = alias.version
        drawn = call.chance.integer(1_000_000) / 1_000_000 if alias.weights else 1.0
        for other, weight in alias.weights:
            if drawn < weight:
                target = other
                break
            drawn -= weight
        number = state.number_of(target)
    found = state.versions.get(at, reference.name, number) if number is not None else None
    if found is None:
        raise state.missing(reference)
    return found


def _check_payload(payload: bytes, kind: str) -> None:
    most = limits.ASYNC_PAYLOAD_BYTES if kind == "Event" else limits.SYNC_PAYLOAD_BYTES
    if len(payload) > most:
        raise RequestTooLargeException(
            f"{len(payload)} byte payload is too large for the {kind} invocation type (limit {most} bytes)"
        )
    if payload:
        try:
            orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            raise InvalidRequestContentException(f"Could not parse request body into json: {error}") from None


def _context(given: str | None) -> str | None:
    if not given:
        return None
    try:
        text = b64decode(given, validate=True).decode()
        orjson.loads(text)
    except (Error, ValueError):
        raise InvalidRequestContentException("Client context must be a valid Base64-encoded JSON object.") from None
    return text


def request_of(
    call: Call,
    at: At,
    reference: Reference,
    version: Version,
    payload: bytes,
    request_id: str,
    client_context: str | None = None,
) -> Invocation:
    return Invocation(
        (version.arn, version.qualifier, version.revision),
        (version.code_blob, *version.layer_blobs),
        lambda place: describe(version, place),
        payload or b"{}",
        request_id,
        reference.arn,
        limit_of(at, version),
        client_context,
        provisioned=_kept_ready(at, reference, version),
    )


def _kept_ready(at: At, reference: Reference, version: Version) -> int:
    """Sandboxes that are ready for what was called: the alias, or the version itself."""
    if version.number == 0:
        return 0
    for qualifier in (reference.qualifier, version.qualifier):
        found = state.provisioned.get(at, version.name, qualifier)
        if found is not None and found.status == "READY":
            return found.available
    return 0


def limit_of(at: At, version: Version) -> Limit:
    function = state.functions.get(at, version.name)
    if function is not None and function.reserved >= 0:
        return Limit(version.arn, function.reserved, "ReservedFunctionConcurrentInvocationLimitExceeded")
    most = state.concurrency(at) - state.reserved_total(at)
    return Limit(f"{at.account}/{at.region}", most, "ConcurrentInvocationLimitExceeded")


def describe(version: Version, place: Callable[[str], Path]) -> Running:
    parts = version.arn.split(":")
    return Running(
        arn=version.arn,
        name=version.name,
        version=version.qualifier,
        runtime=version.runtime,
        handler=version.handler,
        code=place(version.code_blob),
        environment=tuple(version.environment.items()),
        memory_mib=version.memory_mib,
        timeout_s=float(version.timeout_s),
        layers=tuple(place(layer.blob) for layer in version.layers),
        ephemeral_mib=version.ephemeral_mib,
        revision=version.revision,
        log_group=version.log_group_name,
        log_format=version.log_format,
        architecture=version.architecture,
        region=parts[3],
        account=parts[4],
        role=version.role,
    )


def conclude(call: Call, answer: Answer) -> Outcome | Throttled:
    """Write the log of what ran. Raises where nothing could run."""
    metrics.count(call, answer)
    if isinstance(answer, Throttled):
        return answer
    if isinstance(answer, RuntimeMissing):
        raise InvalidRuntimeException(str(answer))
    if not isinstance(answer, Outcome):
        raise ServiceException("The invocation was interrupted, because Skyjar is stopping.")
    function = answer.function
    execution.write_log(call, function.role, function.name, function.log_group, answer.result.log_stream, answer.lines)
    return answer


def _answer(outcome: Outcome | Throttled, version: Version, tail: bool) -> dict[str, Any]:
    if isinstance(outcome, Throttled):
        raise TooManyRequestsException(Reason=outcome.reason)
    result = outcome.result
    shown: dict[str, Any] = {
        "StatusCode": 200,
        "Payload": result.payload,
        "ExecutedVersion": version.qualifier,
    }
    if result.error:
        shown["FunctionError"] = result.error
    if tail:
        shown["LogResult"] = b64encode(result.log_tail).decode()
    return shown
