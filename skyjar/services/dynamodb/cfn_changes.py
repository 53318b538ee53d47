"""How a stack changes a table: one UpdateTable after another, since each may change one thing only (`changes.py`), and
then what is no part of its definition (`cfn_settings.py`).

While a change takes its time (`--aws-timing`) the stack waits, and the update is run again: how many calls of it were made stands in the
store, under what it leads from and to.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from skyjar.formation.resources import Physical, Properties, Resource
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Compute, Outside

from . import cfn_settings, state
from .cfn_properties import INSIGHTS, THROUGHPUTS, billing, index, indexes, sse, stream, tags, truth, units
from .cfn_tables import described, wait
from .errors import ValidationException
from .state import StackTable

ENDLESS = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
_MAXIMA, _WARM = "OnDemandThroughput", "WarmThroughput"


def update_table(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    waiting = _define(call, resource, old.id, properties, before)
    if waiting is not None:
        return waiting
    dynamodb = call.ask("dynamodb")
    made = described(call, old.id)
    cfn_settings.settle(dynamodb, made, properties, before)
    arn = made.attributes["Arn"]
    cfn_settings.update_policy(dynamodb, arn, properties.get("ResourcePolicy"), before.get("ResourcePolicy"))
    cfn_settings.update_tags(dynamodb, arn, tags(resource, properties), tags(resource.before(), before))
    return made


def _define(call: Call, resource: Resource, name: str, properties: Properties, before: Properties) -> Outside | None:
    return make(call, resource.token, name, [before, properties], _steps(properties, before))


def make(call: Call, token: str, name: str, what: Any, steps: list[dict[str, Any]]) -> Outside | None:
    """Make all calls of UpdateTable that lead to `what`, whose parameters `steps` are; or as many as can be made now, and an Outside that
    waits for the last of them. What was made is known by the token."""
    if not steps:
        return None
    doing = hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()
    row = state.stack_tables.get(call, token) or StackTable(token=token, table=name)
    done = row.done if row.doing == doing else 0
    dynamodb = call.ask("dynamodb")
    if _is_updating(dynamodb, name):
        wait(call)
    for step in steps[done:]:
        dynamodb.update_table(table_name=name, **step)
        done += 1
        state.stack_tables.put(call, state.replace(row, doing=doing, done=done))
        if _is_updating(dynamodb, name):
            return Outside(Compute(str), lambda call, _: wait(call))
    return None


def _is_updating(dynamodb: Any, name: str) -> bool:
    return bool(dynamodb.describe_table(table_name=name)["Table"]["TableStatus"] == "UPDATING")


def _steps(properties: Properties, before: Properties) -> list[dict[str, Any]]:
    """The parameters of each call. An index that goes does so before the table is billed otherwise, which all that stay have
    their part in."""
    gone, made = _indexes(properties, before)
    definitions = properties.get("AttributeDefinitions", [])
    steps: list[dict[str, Any]] = [
        {"global_secondary_index_updates": [{"Delete": {"IndexName": name}}]} for name in gone
    ]
    steps += [_billing(properties, before)]
    steps += [
        {"attribute_definitions": definitions, "global_secondary_index_updates": [{"Create": index(each)}]}
        for each in made
    ]
    steps += [_maxima(properties, before), _of_indexes(properties, before)]
    if properties.get(_WARM) and properties[_WARM] != before.get(_WARM):
        steps.append({"warm_throughput": units(properties[_WARM])})
    if properties.get("TableClass") != before.get("TableClass"):
        steps.append({"table_class": properties.get("TableClass", "STANDARD")})
    protection = truth(properties.get("DeletionProtectionEnabled"))
    if protection != truth(before.get("DeletionProtectionEnabled")):
        steps.append({"deletion_protection_enabled": protection})
    if sse(properties) != sse(before):
        steps.append({"sse_specification": sse(properties)})
    steps += _stream(properties, before)
    return [step for step in steps if step]


def _indexes(properties: Properties, before: Properties) -> tuple[list[str], list[dict[str, Any]]]:
    """Which global indexes go, and which come.

    Source of the sentences: github.com/aws/aws-sam-cli issue 2753, github.com/aws-amplify/amplify-cli issue 11384."""
    wanted, there = indexes(properties), indexes(before)
    changeable = dict.fromkeys((*THROUGHPUTS, INSIGHTS))
    if any({**there[name], **changeable} != {**each, **changeable} for name, each in wanted.items() if name in there):
        raise ValidationException(
            "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You "
            "can create a new GSI with a different name."
        )
    gone = [name for name in there if name not in wanted]
    made = [each for name, each in wanted.items() if name not in there]
    if len(gone) + len(made) > 1:
        raise ValidationException("Cannot perform more than one GSI creation or deletion in a single update")
    return gone, made


def _billing(properties: Properties, before: Properties) -> dict[str, Any]:
    """The billing mode, and what is provisioned of the table and of the indexes that stay."""
    now, was = billing(properties), billing(before)
    changed: dict[str, Any] = {"billing_mode": now} if now != was else {}
    if now == "PAY_PER_REQUEST":
        if changed and properties.get(_MAXIMA):
            changed["on_demand_throughput"] = units(properties[_MAXIMA])
        return changed
    bought = units(properties.get("ProvisionedThroughput"))
    if bought and (changed or bought != units(before.get("ProvisionedThroughput"))):
        changed["provisioned_throughput"] = bought
    there = indexes(before)
    updates = []
    for name, each in indexes(properties).items():
        bought = units(each.get("ProvisionedThroughput"))
        is_new = "billing_mode" in changed or (
            name in there and bought != units(there[name].get("ProvisionedThroughput"))
        )
        if name in there and bought and is_new:
            updates.append({"Update": {"IndexName": name, "ProvisionedThroughput": bought}})
    return changed | ({"global_secondary_index_updates": updates} if updates else {})


def _maxima(properties: Properties, before: Properties) -> dict[str, Any]:
    if {billing(properties), billing(before)} != {"PAY_PER_REQUEST"}:
        return {}
    now, was = units(properties.get(_MAXIMA)) or {}, units(before.get(_MAXIMA)) or {}
    return {"on_demand_throughput": {**ENDLESS, **now}} if now != was else {}


def _of_indexes(properties: Properties, before: Properties) -> dict[str, Any]:
    """What on-demand indexes may and can do."""
    there = indexes(before)
    updates = []
    for name, each in indexes(properties).items():
        if name not in there:
            continue
        changed: dict[str, Any] = {}
        now, was = (units(given.get(_MAXIMA)) or {} for given in (each, there[name]))
        if now != was and billing(properties) == "PAY_PER_REQUEST":
            changed[_MAXIMA] = {**ENDLESS, **now}
        if each.get(_WARM) and units(each[_WARM]) != units(there[name].get(_WARM)):
            changed[_WARM] = units(each[_WARM])
        if changed:
            updates.append({"Update": {"IndexName": name, **changed}})
    return {"global_secondary_index_updates": updates} if updates else {}


def _stream(properties: Properties, before: Properties) -> list[dict[str, Any]]:
    """Another view type is another stream."""
    now, was = (
        stream(given["StreamSpecification"]) if given.get("StreamSpecification") else None
        for given in (properties, before)
    )
    if now == was:
        return []
    steps: list[dict[str, Any]] = [{"stream_specification": {"StreamEnabled": False}}] if was else []
    return [*steps, {"stream_specification": now}] if now else steps
