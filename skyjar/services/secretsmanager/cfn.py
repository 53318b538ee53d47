"""AWS::SecretsManager::Secret, ResourcePolicy and RotationSchedule. Ref of each is the secret's ARN."""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from .errors import InvalidParameterException, InvalidRequestException, ResourceNotFoundException

_PASSWORD = {
    "PasswordLength": "password_length",
    "ExcludeCharacters": "exclude_characters",
    "ExcludeNumbers": "exclude_numbers",
    "ExcludePunctuation": "exclude_punctuation",
    "ExcludeUppercase": "exclude_uppercase",
    "ExcludeLowercase": "exclude_lowercase",
    "IncludeSpace": "include_space",
    "RequireEachIncludedType": "require_each_included_type",
}
_TEMPLATE = ("SecretStringTemplate", "GenerateStringKey")


def _physical(arn: str) -> Physical:
    return Physical(arn, {"Id": arn})


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _value(call: Call, properties: Properties) -> str | None:
    """The secret's text: as given, or generated, alone or as one member of a JSON object."""
    generate = properties.get("GenerateSecretString")
    if generate is None:
        given = properties.get("SecretString")
        return None if given is None else str(given)
    if "SecretString" in properties:
        raise InvalidRequestException("You can't specify both GenerateSecretString and SecretString.")
    unknown = sorted(set(generate) - {*_PASSWORD, *_TEMPLATE})
    if unknown:
        raise InvalidParameterException(f"GenerateSecretString has no member {unknown[0]}.")
    options: dict[str, Any] = {}
    for name in _PASSWORD.keys() & generate.keys():
        value = generate[name]
        is_text = name == "ExcludeCharacters"
        options[_PASSWORD[name]] = str(value) if is_text else int(value) if name == "PasswordLength" else _true(value)
    password: str = call.ask("secretsmanager").get_random_password(**options)["RandomPassword"]
    given_parts = [name for name in _TEMPLATE if name in generate]
    if not given_parts:
        return password
    return _templated(generate, given_parts, password)


def _templated(generate: dict[str, Any], given: list[str], password: str) -> str:
    try:
        template = orjson.loads(generate["SecretStringTemplate"]) if len(given) == 2 else None
    except orjson.JSONDecodeError:
        template = None
    if not isinstance(template, dict):
        raise InvalidParameterException(
            "GenerateSecretString needs both a SecretStringTemplate, which is a JSON object, and a GenerateStringKey."
        )
    return orjson.dumps({**template, str(generate["GenerateStringKey"]): password}).decode()


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", [])}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def create_secret(call: Call, resource: Resource, properties: Properties) -> Physical:
    given: dict[str, Any] = {"name": properties.get("Name") or resource.name(256), "description": ""}
    given["description"] = properties.get("Description", "")
    value = _value(call, properties)
    if value is not None:
        given["secret_string"] = value
    if properties.get("KmsKeyId"):
        given["kms_key_id"] = properties["KmsKeyId"]
    if properties.get("ReplicaRegions"):
        given["add_replica_regions"] = properties["ReplicaRegions"]
    tags = _listed(_tags(resource, properties))
    return _physical(call.ask("secretsmanager").create_secret(**given, **({"tags": tags} if tags else {}))["ARN"])


def update_secret(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    asked = call.ask("secretsmanager")
    given: dict[str, Any] = {"description": properties.get("Description", "")}
    if any(properties.get(name) != before.get(name) for name in ("SecretString", "GenerateSecretString")):
        value = _value(call, properties)
        if value is not None:
            given["secret_string"] = value
    if properties.get("KmsKeyId") != before.get("KmsKeyId"):
        given["kms_key_id"] = properties.get("KmsKeyId", "")
    asked.update_secret(secret_id=old.id, **given)
    _update_tags(call, old.id, _tags(resource, properties), _tags(resource.before(), before))
    _update_replicas(call, old.id, properties.get("ReplicaRegions", []), before.get("ReplicaRegions", []))
    return old


def _update_tags(call: Call, arn: str, wanted: dict[str, str], had: dict[str, str]) -> None:
    gone = sorted(had.keys() - wanted.keys())
    if gone:
        call.ask("secretsmanager").untag_resource(secret_id=arn, tag_keys=gone)
    if wanted != had and wanted:
        call.ask("secretsmanager").tag_resource(secret_id=arn, tags=_listed(wanted))


def _update_replicas(call: Call, arn: str, wanted: list[dict[str, str]], had: list[dict[str, str]]) -> None:
    gone = [each["Region"] for each in had if each not in wanted]
    new = [each for each in wanted if each not in had]
    if gone:
        call.ask("secretsmanager").remove_regions_from_replication(secret_id=arn, remove_replica_regions=gone)
    if new:
        call.ask("secretsmanager").replicate_secret_to_regions(secret_id=arn, add_replica_regions=new)


def delete_secret(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _update_replicas(call, physical.id, [], properties.get("ReplicaRegions", []))
    call.ask("secretsmanager").delete_secret(secret_id=physical.id, force_delete_without_recovery=True)


def put_policy(call: Call, resource: Resource, properties: Properties) -> Physical:
    document = properties["ResourcePolicy"]
    text = document if isinstance(document, str) else orjson.dumps(document).decode()
    answer = call.ask("secretsmanager").put_resource_policy(
        secret_id=properties["SecretId"],
        resource_policy=text,
        block_public_policy=_true(properties.get("BlockPublicPolicy", False)),
    )
    return _physical(answer["ARN"])


def update_policy(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return put_policy(call, resource, properties)


def delete_policy(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _unless_gone(call, "delete_resource_policy", physical.id)


def create_rotation(call: Call, resource: Resource, properties: Properties) -> Physical:
    rules = properties.get("RotationRules")
    given: dict[str, Any] = {}
    if rules is not None:
        days = (
            {"AutomaticallyAfterDays": int(rules["AutomaticallyAfterDays"])}
            if "AutomaticallyAfterDays" in rules
            else {}
        )
        given["rotation_rules"] = {**rules, **days}
    if properties.get("RotationLambdaARN"):
        given["rotation_lambda_arn"] = properties["RotationLambdaARN"]
    answer = call.ask("secretsmanager").rotate_secret(
        secret_id=properties["SecretId"],
        rotate_immediately=_true(properties.get("RotateImmediatelyOnUpdate", True)),
        **given,
    )
    return _physical(answer["ARN"])


def update_rotation(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    return create_rotation(call, resource, properties)


def delete_rotation(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    _unless_gone(call, "cancel_rotate_secret", physical.id)


def _unless_gone(call: Call, operation: str, arn: str) -> None:
    try:
        getattr(call.ask("secretsmanager"), operation)(secret_id=arn)
    except (ResourceNotFoundException, InvalidRequestException) as error:
        _check_is_gone(error)


def _check_is_gone(error: AWSError) -> None:
    """A secret that is deleted, or marked for it, has nothing left to take away."""
    if isinstance(error, InvalidRequestException) and "marked for deletion" not in error.message:
        raise error


_SECRET = (
    "Name",
    "Description",
    "KmsKeyId",
    "SecretString",
    "GenerateSecretString",
    "ReplicaRegions",
    "Tags",
)
RESOURCE_TYPES = {
    "AWS::SecretsManager::Secret": ResourceType(
        create=create_secret, update=update_secret, delete=delete_secret, properties=_SECRET
    ),
    "AWS::SecretsManager::ResourcePolicy": ResourceType(
        create=put_policy,
        update=update_policy,
        delete=delete_policy,
        properties=("SecretId", "ResourcePolicy", "BlockPublicPolicy"),
    ),
    "AWS::SecretsManager::RotationSchedule": ResourceType(
        create=create_rotation,
        update=update_rotation,
        delete=delete_rotation,
        properties=("SecretId", "RotationLambdaARN", "RotationRules", "RotateImmediatelyOnUpdate"),
    ),
}
