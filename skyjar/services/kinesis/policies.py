"""Resource policies of streams and of consumers."""

from __future__ import annotations

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import limits, state
from .errors import ResourceNotFoundException, ValidationException


@operation
def put_resource_policy(call: Call, *, resource_arn: str, policy: str) -> None:
    state.find_resource(call, resource_arn)
    try:
        validate(policy, "resource", size_limit=limits.POLICY_BYTES)
    except MalformedPolicy as error:
        raise ValidationException(f"Invalid policy document: {error.message}") from None
    except PolicyTooLarge:
        raise ValidationException(f"The policy is larger than {limits.POLICY_BYTES} bytes.") from None
    _set(call, resource_arn, policy)


@operation
def get_resource_policy(call: Call, *, resource_arn: str) -> dict[str, str]:
    _, stream, consumer = state.find_resource(call, resource_arn)
    found = (consumer or stream).policy
    if not found:
        raise ResourceNotFoundException(f"No resource policy found for resource ARN {resource_arn}.")
    return {"Policy": found}


@operation
def delete_resource_policy(call: Call, *, resource_arn: str) -> None:
    _, stream, consumer = state.find_resource(call, resource_arn)
    if not (consumer or stream).policy:
        raise ResourceNotFoundException(f"No resource policy found for resource ARN {resource_arn}.")
    _set(call, resource_arn, "")


def _set(call: Call, arn: str, policy: str) -> None:
    at, stream, consumer = state.find_resource(call, arn)
    if consumer is not None:
        state.consumers.put(at, state.replace(consumer, policy=policy))
    else:
        state.streams.replace(at, stream, state.replace(stream, policy=policy))
