"""Resource policies of tables and of streams. A table's policy says for its indexes, too."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation
from skyjar.policy.documents import validate
from skyjar.policy.errors import MalformedPolicy, PolicyTooLarge

from . import StreamPolicyChanged, limits, schemas, state
from .definitions import invalid
from .errors import PolicyNotFoundException, ResourceNotFoundException
from .state import Policy


@operation
def put_resource_policy(
    call: Call, *, resource_arn: str, policy: str, expected_revision_id: str | None = None
) -> dict[str, str]:
    """The same policy again keeps its revision."""
    _check_resource(call, resource_arn)
    check(policy)
    held = state.policies.get(call, resource_arn)
    _check_revision(held, expected_revision_id)
    if held is None or held.document != policy:
        held = set_policy(call, resource_arn, policy)
    return {"RevisionId": held.revision}


def check(policy: str) -> None:
    try:
        validate(policy, "resource", size_limit=limits.POLICY_BYTES)
    except PolicyTooLarge:
        raise invalid(f"Maximum policy size of {limits.POLICY_BYTES} bytes exceeded") from None
    except MalformedPolicy as error:
        raise invalid(f"Invalid policy document: {error.message}") from None


def set_policy(call: Call, arn: str, document: str) -> Policy:
    held = state.policies.get(call, arn)
    revision = max(call.now_ms, int(held.revision) + 1 if held is not None else 0)
    made = Policy(arn=arn, document=document, revision=str(revision))
    state.policies.put(call, made)
    _tell(call, arn, document)
    return made


def _tell(call: Call, arn: str, document: str) -> None:
    name, mark, label = arn.partition("/stream/")
    if mark:
        call.emit(StreamPolicyChanged(table=name.rpartition("/")[2], label=label, document=document))
        return
    definition = state.tables.get(call, arn.rpartition("/")[2])
    if definition is not None:
        state.tables.replace(call, definition, state.replace(definition, has_policy=bool(document)))


@operation
def get_resource_policy(call: Call, *, resource_arn: str) -> dict[str, str]:
    _check_resource(call, resource_arn)
    held = state.policies.get(call, resource_arn)
    if held is None:
        raise PolicyNotFoundException
    return {"Policy": held.document, "RevisionId": held.revision}


@operation
def delete_resource_policy(call: Call, *, resource_arn: str, expected_revision_id: str | None = None) -> dict[str, Any]:
    """Deleting what is not there is no error, unless a revision is expected."""
    _check_resource(call, resource_arn)
    held = state.policies.get(call, resource_arn)
    _check_revision(held, expected_revision_id)
    if held is None:
        return {"RevisionId": ""}
    forget(call, resource_arn)
    return {"RevisionId": held.revision}


def forget(call: Call, arn: str) -> None:
    if state.policies.delete(call, arn) is not None:
        _tell(call, arn, "")


def _check_revision(held: Policy | None, expected: str | None) -> None:
    if expected is None:
        return
    if expected == limits.NO_POLICY:
        if held is not None:
            raise PolicyNotFoundException("Requested policy update failed because a policy is already attached.")
    elif held is None or held.revision != expected:
        raise PolicyNotFoundException


def _check_resource(call: Call, arn: str) -> None:
    start = schemas.arn_of(call, "")
    table, _, label = arn.removeprefix(start).partition("/stream/")
    definition = state.tables.get(call, table) if arn.startswith(start) else None
    if definition is None or (label and definition.stream_label != label):
        raise ResourceNotFoundException(f"Requested resource not found: ResourceArn: {arn} not found")
