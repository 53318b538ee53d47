"""AWS::Events::Rule, EventBus, EventBusPolicy, Archive, Connection and ApiDestination."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call

from .errors import ResourceNotFoundException


def _text(value: Any) -> str:
    return orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)


def _tags(resource: Resource, properties: Properties) -> list[dict[str, str]]:
    every = resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}
    return [{"Key": key, "Value": value} for key, value in every.items()]


def _retag(call: Call, arn: str, wanted: list[dict[str, str]], had: list[dict[str, str]]) -> None:
    gone = {tag["Key"] for tag in had} - {tag["Key"] for tag in wanted}
    if gone:
        call.ask("events").untag_resource(resource_arn=arn, tag_keys=sorted(gone))
    if wanted:
        call.ask("events").tag_resource(resource_arn=arn, tags=wanted)


def _target(given: dict[str, Any]) -> dict[str, Any]:
    """As the API has it: numbers are numbers, and texts texts."""
    target = dict(given)
    policy = target.get("RetryPolicy")
    if policy:
        target["RetryPolicy"] = {name: int(value) for name, value in policy.items()}
    for name in ("Input", "InputPath"):
        if name in target:
            target[name] = _text(target[name])
    return target


def _put_rule(call: Call, name: str, properties: Properties, **more: Any) -> str:
    given: dict[str, Any] = {"name": name, "state": properties.get("State", "ENABLED"), **more}
    for parameter, member in (
        ("description", "Description"),
        ("role_arn", "RoleArn"),
        ("event_bus_name", "EventBusName"),
        ("schedule_expression", "ScheduleExpression"),
    ):
        if properties.get(member):
            given[parameter] = properties[member]
    if properties.get("EventPattern"):
        given["event_pattern"] = _text(properties["EventPattern"])
    arn: str = call.ask("events").put_rule(**given)["RuleArn"]
    return arn


def _bus(properties: Properties) -> dict[str, Any]:
    return {"event_bus_name": properties["EventBusName"]} if properties.get("EventBusName") else {}


def _physical_rule(arn: str) -> Physical:
    path = arn.split(":rule/")[1]
    bus, _, name = path.rpartition("/")
    return Physical(f"{bus}|{name}" if bus else name, {"Arn": arn})


def create_rule(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or resource.name(64)
    arn = _put_rule(call, name, properties, tags=_tags(resource, properties))
    targets = [_target(each) for each in properties.get("Targets", [])]
    if targets:
        call.ask("events").put_targets(rule=name, targets=targets, **_bus(properties))
    return _physical_rule(arn)


def update_rule(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    name = old.id.rpartition("|")[2]
    arn = _put_rule(call, name, properties)
    events = call.ask("events")
    wanted = [_target(each) for each in properties.get("Targets", [])]
    gone = {each["Id"] for each in before.get("Targets", [])} - {each["Id"] for each in wanted}
    if gone:
        events.remove_targets(rule=name, ids=sorted(gone), **_bus(properties))
    if wanted:
        events.put_targets(rule=name, targets=wanted, **_bus(properties))
    _retag(call, arn, _tags(resource, properties), _tags(resource.before(), before))
    return _physical_rule(arn)


def delete_rule(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    name, events = physical.id.rpartition("|")[2], call.ask("events")
    try:
        held = events.list_targets_by_rule(rule=name, **_bus(properties))["Targets"]
    except ResourceNotFoundException:
        return
    if held:
        events.remove_targets(rule=name, ids=[each["Id"] for each in held], **_bus(properties))
    events.delete_rule(name=name, **_bus(properties))


def _physical_bus(call: Call, name: str) -> Physical:
    shown = call.ask("events").describe_event_bus(name=name)
    return Physical(name, {"Arn": shown["Arn"], "Name": name, "Policy": shown.get("Policy", "")})


def create_bus(call: Call, resource: Resource, properties: Properties) -> Physical:
    name, events = properties["Name"], call.ask("events")
    more = {"dead_letter_config": properties["DeadLetterConfig"]} if properties.get("DeadLetterConfig") else {}
    events.create_event_bus(
        name=name, description=properties.get("Description", ""), tags=_tags(resource, properties), **more
    )
    if properties.get("Policy"):
        events.put_permission(event_bus_name=name, policy=_text(properties["Policy"]))
    return _physical_bus(call, name)


def update_bus(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    events = call.ask("events")
    events.update_event_bus(
        name=old.id,
        description=properties.get("Description", ""),
        dead_letter_config=properties.get("DeadLetterConfig") or {},
    )
    if properties.get("Policy") != before.get("Policy"):
        if properties.get("Policy"):
            events.put_permission(event_bus_name=old.id, policy=_text(properties["Policy"]))
        else:
            events.remove_permission(event_bus_name=old.id, remove_all_permissions=True)
    shown = _physical_bus(call, old.id)
    _retag(call, shown.attributes["Arn"], _tags(resource, properties), _tags(resource.before(), before))
    return shown


def delete_bus(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    call.ask("events").delete_event_bus(name=physical.id)


def _statement(call: Call, properties: Properties) -> dict[str, Any]:
    arn = call.ask("events").describe_event_bus(name=properties.get("EventBusName", "default"))["Arn"]
    if properties.get("Statement"):
        return {**properties["Statement"], "Sid": properties["StatementId"]}
    principal = str(properties["Principal"])
    condition = properties.get("Condition")
    return {
        "Sid": properties["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:aws:iam::{principal}:root"},
        "Action": properties["Action"],
        "Resource": arn,
        **({"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}} if condition else {}),
    }


def put_bus_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    bus, events = properties.get("EventBusName", "default"), call.ask("events")
    held = events.describe_event_bus(name=bus).get("Policy")
    document: dict[str, Any] = orjson.loads(held) if held else {"Version": "2012-10-17", "Statement": []}
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    others = [each for each in statements if each.get("Sid") != properties["StatementId"]]
    document["Statement"] = [*others, _statement(call, properties)]
    events.put_permission(event_bus_name=bus, policy=orjson.dumps(document).decode())
    return Physical(f"{bus}|{properties['StatementId']}")


def update_bus_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_bus_policy(call, resource, properties)


def drop_bus_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    bus, _, statement = physical.id.rpartition("|")
    try:
        call.ask("events").remove_permission(event_bus_name=bus, statement_id=statement)
    except ResourceNotFoundException:
        return


def _archive(properties: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": properties.get("Description", ""),
        "retention_days": int(properties.get("RetentionDays", 0)),
    }
    return found | {"event_pattern": _text(properties["EventPattern"]) if properties.get("EventPattern") else ""}


def create_archive(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("ArchiveName") or resource.name(48)
    made = call.ask("events").create_archive(
        archive_name=name, event_source_arn=properties["SourceArn"], **_archive(properties)
    )
    return Physical(name, {"Arn": made["ArchiveArn"], "ArchiveName": name})


def update_archive(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("events").update_archive(archive_name=old.id, **_archive(properties))
    return old


def delete_archive(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("events").delete_archive(archive_name=physical.id)
    except ResourceNotFoundException:
        return


def _authorization(value: Any) -> Any:
    """`IsValueSecret` as a boolean, wherever it stands."""
    if isinstance(value, list):
        return [_authorization(each) for each in value]
    if isinstance(value, dict):
        found = {name: _authorization(each) for name, each in value.items()}
        if "IsValueSecret" in found:
            found["IsValueSecret"] = str(found["IsValueSecret"]).lower() == "true"
        return found
    return value


def _physical_connection(call: Call, name: str) -> Physical:
    shown = call.ask("events").describe_connection(name=name)
    arn = shown["ConnectionArn"]
    return Physical(name, {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0], "SecretArn": shown["SecretArn"]})


def create_connection(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or resource.name(64)
    call.ask("events").create_connection(
        name=name,
        description=properties.get("Description", ""),
        authorization_type=properties["AuthorizationType"],
        auth_parameters=_authorization(properties["AuthParameters"]),
    )
    return _physical_connection(call, name)


def update_connection(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("events").update_connection(
        name=old.id,
        description=properties.get("Description", ""),
        authorization_type=properties["AuthorizationType"],
        auth_parameters=_authorization(properties["AuthParameters"]),
    )
    return _physical_connection(call, old.id)


def delete_connection(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("events").delete_connection(name=physical.id)
    except ResourceNotFoundException:
        return


def _destination(properties: Properties) -> dict[str, Any]:
    return {
        "description": properties.get("Description", ""),
        "connection_arn": properties["ConnectionArn"],
        "invocation_endpoint": properties["InvocationEndpoint"],
        "http_method": properties["HttpMethod"],
        "invocation_rate_limit_per_second": int(properties.get("InvocationRateLimitPerSecond", 300)),
    }


def create_destination(call: Call, resource: Resource, properties: Properties) -> Physical:
    name = properties.get("Name") or resource.name(64)
    arn = call.ask("events").create_api_destination(name=name, **_destination(properties))["ApiDestinationArn"]
    return Physical(name, {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0]})


def update_destination(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("events").update_api_destination(name=old.id, **_destination(properties))
    return old


def delete_destination(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("events").delete_api_destination(name=physical.id)
    except ResourceNotFoundException:
        return


RESOURCE_TYPES = {
    "AWS::Events::Rule": ResourceType(
        create=create_rule,
        update=update_rule,
        delete=delete_rule,
        properties=(
            "Name", "Description", "EventBusName", "EventPattern", "ScheduleExpression", "State", "RoleArn", "Targets",
            "Tags",
        ),
        replaced_by=frozenset({"EventBusName"}),
    ),
    "AWS::Events::EventBus": ResourceType(
        create=create_bus,
        update=update_bus,
        delete=delete_bus,
        properties=("Name", "Description", "Policy", "DeadLetterConfig", "Tags"),
    ),
    "AWS::Events::EventBusPolicy": ResourceType(
        create=put_bus_policy,
        update=update_bus_policy,
        delete=drop_bus_policy,
        properties=("EventBusName", "StatementId", "Statement", "Action", "Principal", "Condition"),
    ),
    "AWS::Events::Archive": ResourceType(
        create=create_archive,
        update=update_archive,
        delete=delete_archive,
        properties=("ArchiveName", "SourceArn", "Description", "EventPattern", "RetentionDays"),
    ),
    "AWS::Events::Connection": ResourceType(
        create=create_connection,
        update=update_connection,
        delete=delete_connection,
        properties=("Name", "Description", "AuthorizationType", "AuthParameters"),
    ),
    "AWS::Events::ApiDestination": ResourceType(
        create=create_destination,
        update=update_destination,
        delete=delete_destination,
        properties=(
            "Name", "Description", "ConnectionArn", "InvocationEndpoint", "HttpMethod", "InvocationRateLimitPerSecond",
        ),
    ),
}  # fmt: skip
