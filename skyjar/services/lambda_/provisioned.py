"""Provisioned concurrency: sandboxes of a version, or of what an alias points to, that have begun before anybody calls.

A setting is a row, and a job has the sandboxes begun; it is READY when they are. Those sandboxes are the runtime's, which
keeps so many as every invocation names: after a start of the cloud they begin with the first one.
"""

from __future__ import annotations

from typing import Any

from skyjar.kernel import usage
from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.jobs import job
from skyjar.kernel.outside import Outside
from skyjar.kernel.service import operation
from skyjar.kernel.tables import At
from skyjar.runtime.functions import RuntimeMissing
from skyjar.runtime.invocations import Provision

from . import configuration, invoking, limits, names, paging, state
from .errors import (
    InvalidParameterValueException,
    ProvisionedConcurrencyConfigNotFoundException,
    ResourceNotFoundException,
)
from .names import Reference
from .state import Alias, Provisioned, Version


@operation
def put_provisioned_concurrency_config(
    call: Call, *, function_name: str, qualifier: str, provisioned_concurrent_executions: int
) -> dict[str, Any]:
    at, reference, version = state.find(call, function_name, qualifier)
    if version.number == 0:
        raise InvalidParameterValueException(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    _check_alone(at, reference, version)
    before = state.provisioned.get(at, reference.name, reference.qualifier)
    _check_room(at, reference, provisioned_concurrent_executions, before)
    new = Provisioned(
        function=reference.name,
        qualifier=reference.qualifier,
        requested=provisioned_concurrent_executions,
        modified=configuration.stamp(call.now),
        number=call.new_id(),
    )
    state.provisioned.put(at, new)
    usage.begin(call)
    _begin(call, at, new)
    return _shown(new)


def _check_alone(at: At, reference: Reference, version: Version) -> None:
    """A version has sandboxes kept for itself or for one alias."""
    alias = state.aliases.get(at, reference.name, reference.qualifier)
    if alias is not None and alias.weights:
        raise NotImplementedHere("Skyjar does not implement provisioned concurrency of an alias with weights.")
    for other in state.provisioned.range(at, reference.name):
        if other.qualifier != reference.qualifier and _number(at, other) == version.number:
            raise InvalidParameterValueException(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
                if alias is not None
                else "Version is pointed by a Provisioned Concurrency alias"
            )


def _number(at: At, setting: Provisioned) -> int | None:
    """The version that its sandboxes are of."""
    number = state.number_of(setting.qualifier)
    if number is not None:
        return number
    alias = state.aliases.get(at, setting.function, setting.qualifier)
    return state.number_of(alias.version) if alias is not None else None


def _check_room(at: At, reference: Reference, wanted: int, before: Provisioned | None) -> None:
    everything = sum(each.requested for each in state.provisioned.range(at))
    others = everything - (before.requested if before is not None else 0)
    own = sum(each.requested for each in state.provisioned.range(at, reference.name))
    own -= before.requested if before is not None else 0
    function = state.functions.get(at, reference.name)
    if function is not None and function.reserved >= 0 and own + wanted > function.reserved:
        raise InvalidParameterValueException(
            "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
        )
    if others + wanted > state.concurrency(at) - limits.UNRESERVED_LEAST:
        raise InvalidParameterValueException(
            "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
            f"minimum value of [{limits.UNRESERVED_LEAST}]."
        )
    if others + wanted > limits.KEPT_READY:
        raise NotImplementedHere(
            f"Skyjar does not keep more than {limits.KEPT_READY} sandboxes of an account and Region ready."
        )


def _begin(call: Call, at: At, setting: Provisioned, ended: int | None = None) -> None:
    call.later(
        make_ready,
        key=f"{at.account}/{at.region}/{setting.function}/{setting.qualifier}",
        function=names.arn_of(at.account, at.region, setting.function),
        qualifier=setting.qualifier,
        number=setting.number,
        ended=ended,
    )


@job()
def make_ready(call: Call, *, function: str, qualifier: str, number: str, ended: int | None) -> Outside | None:
    """Have the sandboxes begun; those of the version `ended`, which the alias pointed to before, are given up first."""
    at, reference = state.refer(call, function, qualifier)
    if ended is not None:
        return _give_up(call, at, reference.name, ended, lambda call: _make(call, function, qualifier, number))
    return _make(call, function, qualifier, number)


def _make(call: Call, function: str, qualifier: str, number: str) -> Outside | None:
    at, reference = state.refer(call, function, qualifier)
    setting = state.provisioned.get(at, reference.name, qualifier)
    if setting is None or setting.number != number:
        return None
    try:
        version = state.resolve(at, reference)
    except ResourceNotFoundException:
        return None
    return Outside(
        _request(version, setting.requested), lambda call, answer: _begun(call, function, qualifier, number, answer)
    )


def _request(version: Version, count: int) -> Provision:
    return Provision(
        (version.arn, version.qualifier, version.revision),
        (version.code_blob, *version.layer_blobs),
        lambda place: invoking.describe(version, place),
        count,
    )


def _begun(call: Call, function: str, qualifier: str, number: str, answer: Any) -> None:
    at, reference = state.refer(call, function, qualifier)
    setting = state.provisioned.get(at, reference.name, qualifier)
    if setting is None or setting.number != number:
        return
    if answer == setting.requested:
        new = state.replace(setting, available=answer, status="READY")
    elif isinstance(answer, int):
        new = state.replace(setting, available=0, status="FAILED", reason="FUNCTION_ERROR_INIT_FAILURE")
    else:
        reason = str(answer) if isinstance(answer, RuntimeMissing) else "Skyjar is stopping."
        new = state.replace(setting, status="FAILED", reason=reason)
    state.provisioned.replace(at, setting, new)


def _give_up(call: Call, at: At, name: str, number: int, then: Any = lambda call: None) -> Outside | None:
    """End the sandboxes that are kept ready of a version."""
    version = state.versions.get(at, name, number)
    if version is None:
        found: Outside | None = then(call)
        return found
    return Outside(_request(version, 0), lambda call, _: then(call))


@operation
def get_provisioned_concurrency_config(call: Call, *, function_name: str, qualifier: str) -> dict[str, Any]:
    _, found = _existing(call, function_name, qualifier)
    return _shown(found)


@operation
def delete_provisioned_concurrency_config(call: Call, *, function_name: str, qualifier: str) -> None:
    at, found = _existing(call, function_name, qualifier)
    _drop(call, at, found)


@operation
def list_provisioned_concurrency_configs(
    call: Call, *, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    at, function = state.head(call, function_name)
    found = state.provisioned.range(at, function.name)
    page, after = paging.page(found, lambda each: each.qualifier, marker, max_items)
    shown = [
        {"FunctionArn": names.arn_of(at.account, at.region, each.function, each.qualifier), **_shown(each)}
        for each in page
    ]
    return {"ProvisionedConcurrencyConfigs": shown} | ({"NextMarker": after} if after else {})


def _existing(call: Call, name: str, qualifier: str) -> tuple[At, Provisioned]:
    at, reference, _ = state.find(call, name, qualifier)
    found = state.provisioned.get(at, reference.name, reference.qualifier)
    if found is None:
        raise ProvisionedConcurrencyConfigNotFoundException
    return at, found


def _shown(setting: Provisioned) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": setting.requested,
        "AvailableProvisionedConcurrentExecutions": setting.available,
        "AllocatedProvisionedConcurrentExecutions": setting.available,
        "Status": setting.status,
        "LastModified": setting.modified,
    }
    return shown | ({"StatusReason": setting.reason} if setting.reason else {})


@job()
def give_up(call: Call, *, function: str, number: int) -> Outside | None:
    at, reference = state.refer(call, function)
    return _give_up(call, at, reference.name, number)


def dropped(call: Call, at: At, function: str, alias: str) -> None:
    """An alias is about to be deleted, and what is kept ready for it with it."""
    setting = state.provisioned.get(at, function, alias)
    if setting is not None:
        _drop(call, at, setting)


def _drop(call: Call, at: At, setting: Provisioned) -> None:
    state.provisioned.remove(at, setting)
    number = _number(at, setting)
    if number is not None:
        call.later(give_up, function=names.arn_of(at.account, at.region, setting.function), number=number)


def moved(call: Call, at: At, old: Alias, new: Alias) -> None:
    """An alias points elsewhere: what is kept ready for it begins anew there."""
    setting = state.provisioned.get(at, old.function, old.name)
    if setting is None or (old.version, old.weights) == (new.version, new.weights):
        return
    if new.weights:
        raise NotImplementedHere("Skyjar does not implement provisioned concurrency of an alias with weights.")
    again = state.replace(setting, number=call.new_id(), available=0, status="IN_PROGRESS", reason="")
    state.provisioned.replace(at, setting, again)
    _begin(call, at, again, state.number_of(old.version))
