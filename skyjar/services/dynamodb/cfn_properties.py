"""What a template says of a table, as parameters of operations. Numbers and truths may be texts there. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from skyjar.formation.resources import Properties, Resource
from skyjar.kernel.errors import NotImplementedHere

INSIGHTS = "ContributorInsightsSpecification"
THROUGHPUTS = ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
_OF_INDEX = {"IndexName", "KeySchema", "Projection", *THROUGHPUTS}
_OF_STREAM = {"StreamViewType", "ResourcePolicy"}


def truth(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def units(given: dict[str, Any] | None) -> dict[str, int] | None:
    return {name: int(value) for name, value in given.items()} if given else None


def index(given: dict[str, Any]) -> dict[str, Any]:
    """An index as CreateTable and UpdateTable take it."""
    given = {name: value for name, value in given.items() if name != INSIGHTS}
    _refuse(given.keys() - _OF_INDEX, "an index")
    return {**given, **{name: units(given[name]) for name in THROUGHPUTS if given.get(name)}}


def _refuse(unknown: set[str], what: str) -> None:
    if unknown:
        raise NotImplementedHere(
            f"Skyjar does not implement these properties of {what} of AWS::DynamoDB::Table: {', '.join(sorted(unknown))}."
        )


def indexes(properties: Properties) -> dict[str, dict[str, Any]]:
    """The global ones, as they are written, by name."""
    return {each["IndexName"]: each for each in properties.get("GlobalSecondaryIndexes", ())}


def billing(properties: Properties) -> str:
    mode: str = properties.get("BillingMode", "PROVISIONED")
    return mode


def tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def stream(given: dict[str, Any]) -> dict[str, Any]:
    _refuse(given.keys() - _OF_STREAM, "a stream")
    return {"StreamEnabled": True, "StreamViewType": given["StreamViewType"]}


def sse(properties: Properties) -> dict[str, Any]:
    given = properties.get("SSESpecification") or {}
    if not truth(given.get("SSEEnabled")):
        return {"Enabled": False}
    named = {name: given[name] for name in ("SSEType", "KMSMasterKeyId") if given.get(name)}
    return {"Enabled": True, **({"SSEType": "KMS"} if named else {}), **named}


def policy(given: dict[str, Any]) -> str:
    """The text of a ResourcePolicy."""
    document = given["PolicyDocument"]
    return document if isinstance(document, str) else msgspec.json.encode(document).decode()


def lifetime(given: dict[str, Any]) -> dict[str, Any]:
    return {"Enabled": truth(given.get("Enabled")), "AttributeName": given["AttributeName"]}


def is_retyped(before: Properties, after: Properties) -> bool:
    """Whether an attribute that was defined before has another type, for which the table is replaced."""
    was, now = (
        {each["AttributeName"]: each["AttributeType"] for each in given.get("AttributeDefinitions", ())}
        for given in (before, after)
    )
    return any(now[name] != kind for name, kind in was.items() if name in now)
