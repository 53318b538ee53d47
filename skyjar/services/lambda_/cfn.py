"""AWS::Lambda::* resource types."""

from __future__ import annotations

from typing import Any

from skyjar.formation.resources import Physical, Properties, Resource, ResourceType
from skyjar.kernel.call import Call
from skyjar.kernel.outside import Outside

from . import inline, limits, mapping_properties
from .errors import InvalidParameterValueException, ResourceNotFoundException

# What a property is called as a parameter, and what it is when it is taken out of a template.
_CONFIGURATION: dict[str, tuple[str, Any]] = {
    "Description": ("description", ""),
    "Handler": ("handler", None),
    "Runtime": ("runtime", None),
    "Role": ("role", None),
    "Timeout": ("timeout", limits.TIMEOUT_DEFAULT_S),
    "MemorySize": ("memory_size", limits.MEMORY_DEFAULT_MIB),
    "Environment": ("environment", {"Variables": {}}),
    "DeadLetterConfig": ("dead_letter_config", {"TargetArn": ""}),
    "Layers": ("layers", []),
    "EphemeralStorage": ("ephemeral_storage", {"Size": limits.EPHEMERAL_DEFAULT_MIB}),
    "LoggingConfig": ("logging_config", {}),
    "TracingConfig": ("tracing_config", None),
    "VpcConfig": ("vpc_config", None),
    "SnapStart": ("snap_start", None),
    "KmsKeyArn": ("kms_key_arn", None),
    "FileSystemConfigs": ("file_system_configs", None),
}
_OTHERS = frozenset(
    (
        "FunctionName",
        "Code",
        "Tags",
        "PackageType",
        "Architectures",
        "ReservedConcurrentExecutions",
        "CodeSigningConfigArn",
    )
)
_NUMBERS = frozenset(("Timeout", "MemorySize"))


def _configuration(properties: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (parameter, _) in _CONFIGURATION.items():
        if name in properties:
            value = properties[name]
            found[parameter] = int(value) if name in _NUMBERS else value
    environment = found.get("environment")
    if environment and environment.get("Variables"):
        found["environment"] = {"Variables": {key: _text(value) for key, value in environment["Variables"].items()}}
    storage = found.get("ephemeral_storage")
    if storage:
        found["ephemeral_storage"] = {"Size": int(storage["Size"])}
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tags(resource: Resource, properties: Properties) -> dict[str, str]:
    return resource.tags | {tag["Key"]: _text(tag["Value"]) for tag in properties.get("Tags", [])}


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    text = code.get("ZipFile")
    if text is not None:
        packed = inline.pack(properties.get("Runtime", ""), text)
        if packed is None:
            raise InvalidParameterValueException(
                "ZipFile can only be used when Runtime is set to either nodejs or python"
            )
        code["ZipFile"] = packed
    return code


def _function(call: Call, name: str) -> Physical:
    arn = call.ask("lambda").get_function_configuration(function_name=name)["FunctionArn"]
    return Physical(name, {"Arn": arn})


def create_function(call: Call, resource: Resource, properties: Properties) -> Outside:
    name = properties.get("FunctionName") or resource.name(64)
    made: Outside = call.ask("lambda").create_function(
        function_name=name,
        code=_code(properties),
        package_type=properties.get("PackageType", "Zip"),
        architectures=properties.get("Architectures"),
        code_signing_config_arn=properties.get("CodeSigningConfigArn"),
        tags=_tags(resource, properties),
        **_configuration(properties),
    )

    def finish(call: Call, _: Any) -> Physical:
        _reserve(call, name, properties, {})
        return _function(call, name)

    return made.map(finish)


def _reserve(call: Call, name: str, properties: Properties, before: Properties) -> None:
    wanted, had = (each.get("ReservedConcurrentExecutions") for each in (properties, before))
    if wanted is not None and wanted != had:
        call.ask("lambda").put_function_concurrency(function_name=name, reserved_concurrent_executions=int(wanted))
    elif wanted is None and had is not None:
        call.ask("lambda").delete_function_concurrency(function_name=name)


def update_function(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical | Outside:
    _configure(call, resource, old.id, properties, before)
    coded = ("Code", "Architectures", "Runtime") if "ZipFile" in properties["Code"] else ("Code", "Architectures")
    if all(properties.get(name) == before.get(name) for name in coded):
        return _function(call, old.id)
    code = _code(properties)
    updated: Outside = call.ask("lambda").update_function_code(
        function_name=old.id,
        zip_file=code.get("ZipFile"),
        s3_bucket=code.get("S3Bucket"),
        s3_key=code.get("S3Key"),
        s3_object_version=code.get("S3ObjectVersion"),
        image_uri=code.get("ImageUri"),
        architectures=properties.get("Architectures"),
    )
    return updated.map(lambda call, _: _function(call, old.id))


def _configure(call: Call, resource: Resource, name: str, properties: Properties, before: Properties) -> None:
    asked = call.ask("lambda")
    wanted, had = _configuration(properties), _configuration(before)
    defaults = dict(_CONFIGURATION.values())
    changes = {key: value for key, value in wanted.items() if value != had.get(key)}
    changes |= {key: defaults[key] for key in had.keys() - wanted.keys()}
    changes = {key: value for key, value in changes.items() if value is not None}
    if changes:
        asked.update_function_configuration(function_name=name, **changes)
    _reserve(call, name, properties, before)
    arn = asked.get_function_configuration(function_name=name)["FunctionArn"]
    _retag(call, resource, arn, properties, before)


def _retag(call: Call, resource: Resource, arn: str, properties: Properties, before: Properties) -> None:
    asked, tags, had = call.ask("lambda"), _tags(resource, properties), _tags(resource.before(), before)
    if had.keys() - tags.keys():
        asked.untag_resource(resource=arn, tag_keys=sorted(had.keys() - tags.keys()))
    if tags != had and tags:
        asked.tag_resource(resource=arn, tags=tags)


def _gone(answer: Any) -> Outside | None:
    return answer.map(lambda call, _: None) if isinstance(answer, Outside) else None


def delete_function(call: Call, resource: Resource, physical: Physical, properties: Properties) -> Outside | None:
    try:
        return _gone(call.ask("lambda").delete_function(function_name=physical.id))
    except ResourceNotFoundException:
        return None


def create_version(call: Call, resource: Resource, properties: Properties) -> Physical:
    made = call.ask("lambda").publish_version(
        function_name=properties["FunctionName"],
        description=properties.get("Description"),
        code_sha256=properties.get("CodeSha256"),
    )
    arn = made["FunctionArn"]
    return Physical(arn, {"Version": made["Version"], "FunctionArn": arn})


def delete_version(call: Call, resource: Resource, physical: Physical, properties: Properties) -> Outside | None:
    try:
        return _gone(call.ask("lambda").delete_function(function_name=physical.id))
    except ResourceNotFoundException:
        return None


_ALIAS = {"FunctionName", "FunctionVersion", "Name", "Description", "RoutingConfig"}


def _alias(properties: Properties) -> dict[str, Any]:
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights", [])
    return {
        "function_name": properties["FunctionName"],
        "name": properties["Name"],
        "function_version": properties["FunctionVersion"],
        "description": properties.get("Description", ""),
        "routing_config": {
            "AdditionalVersionWeights": {
                str(each["FunctionVersion"]): float(each["FunctionWeight"]) for each in weights
            }
        },
    }


def create_alias(call: Call, resource: Resource, properties: Properties) -> Physical:
    arn = call.ask("lambda").create_alias(**_alias(properties))["AliasArn"]
    return Physical(arn, {"AliasArn": arn})


def update_alias(call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties) -> Physical:
    call.ask("lambda").update_alias(**_alias(properties))
    return old


def delete_alias(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("lambda").delete_alias(function_name=properties["FunctionName"], name=properties["Name"])
    except ResourceNotFoundException:
        return


_PERMISSION = {
    "FunctionName": "function_name",
    "Action": "action",
    "Principal": "principal",
    "SourceArn": "source_arn",
    "SourceAccount": "source_account",
    "EventSourceToken": "event_source_token",
    "FunctionUrlAuthType": "function_url_auth_type",
    "InvokedViaFunctionUrl": "invoked_via_function_url",
    "PrincipalOrgID": "principal_org_id",
}


def create_permission(call: Call, resource: Resource, properties: Properties) -> Physical:
    sid = resource.name(100)
    given = {_PERMISSION[name]: value for name, value in properties.items()}
    call.ask("lambda").add_permission(statement_id=sid, **given)
    return Physical(sid, {"Id": sid})


def delete_permission(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("lambda").remove_permission(function_name=properties["FunctionName"], statement_id=physical.id)
    except ResourceNotFoundException:
        return


def create_mapping(call: Call, resource: Resource, properties: Properties) -> Physical:
    starting = {"starting_position": properties["StartingPosition"]} if "StartingPosition" in properties else {}
    if "StartingPositionTimestamp" in properties:
        starting["starting_position_timestamp"] = float(properties["StartingPositionTimestamp"])
    made = call.ask("lambda").create_event_source_mapping(
        event_source_arn=properties.get("EventSourceArn"),
        tags=_tags(resource, properties),
        **starting,
        **mapping_properties.given(properties),
    )
    return Physical(made["UUID"], {"Id": made["UUID"], "EventSourceMappingArn": made["EventSourceMappingArn"]})


def update_mapping(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    call.ask("lambda").update_event_source_mapping(uuid=old.id, **mapping_properties.changed(properties))
    _retag(call, resource, old.attributes["EventSourceMappingArn"], properties, before)
    return old


def delete_mapping(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("lambda").delete_event_source_mapping(uuid=physical.id)
    except ResourceNotFoundException:
        return


def create_layer(call: Call, resource: Resource, properties: Properties) -> Outside:
    made: Outside = call.ask("lambda").publish_layer_version(
        layer_name=properties.get("LayerName") or resource.name(64),
        content=properties["Content"],
        description=properties.get("Description", ""),
        compatible_runtimes=properties.get("CompatibleRuntimes"),
        compatible_architectures=properties.get("CompatibleArchitectures"),
        license_info=properties.get("LicenseInfo", ""),
    )

    def finish(call: Call, answer: dict[str, Any]) -> Physical:
        arn = answer["LayerVersionArn"]
        return Physical(arn, {"LayerVersionArn": arn})

    return made.map(finish)


def delete_layer(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    name, _, number = physical.id.rpartition(":")
    call.ask("lambda").delete_layer_version(layer_name=name, version_number=int(number))


_EVENTS = {"FunctionName", "Qualifier", "DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts"}


def put_event_config(call: Call, resource: Resource, properties: Properties) -> Physical:
    age, retries = properties.get("MaximumEventAgeInSeconds"), properties.get("MaximumRetryAttempts")
    call.ask("lambda").put_function_event_invoke_config(
        function_name=properties["FunctionName"],
        qualifier=properties["Qualifier"],
        maximum_event_age_in_seconds=int(age) if age is not None else None,
        maximum_retry_attempts=int(retries) if retries is not None else None,
        destination_config=properties.get("DestinationConfig"),
    )
    return Physical(resource.name(128))


def update_event_config(
    call: Call, resource: Resource, old: Physical, properties: Properties, before: Properties
) -> Physical:
    put_event_config(call, resource, properties)
    return old


def delete_event_config(call: Call, resource: Resource, physical: Physical, properties: Properties) -> None:
    try:
        call.ask("lambda").delete_function_event_invoke_config(
            function_name=properties["FunctionName"], qualifier=properties["Qualifier"]
        )
    except ResourceNotFoundException:
        return


_LAYER = ("LayerName", "Content", "Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
RESOURCE_TYPES = {
    "AWS::Lambda::Function": ResourceType(
        create=create_function,
        update=update_function,
        delete=delete_function,
        properties=_OTHERS | _CONFIGURATION.keys(),
    ),
    "AWS::Lambda::Version": ResourceType(
        create=create_version,
        update=None,
        delete=delete_version,
        properties=("FunctionName", "Description", "CodeSha256"),
    ),
    "AWS::Lambda::Alias": ResourceType(
        create=create_alias, update=update_alias, delete=delete_alias, properties=_ALIAS
    ),
    "AWS::Lambda::Permission": ResourceType(
        create=create_permission, update=None, delete=delete_permission, properties=_PERMISSION
    ),
    "AWS::Lambda::EventSourceMapping": ResourceType(
        create=create_mapping,
        update=update_mapping,
        delete=delete_mapping,
        properties=(
            *mapping_properties.NAMES,
            "EventSourceArn",
            "StartingPosition",
            "StartingPositionTimestamp",
            "Tags",
        ),
    ),
    "AWS::Lambda::LayerVersion": ResourceType(create=create_layer, update=None, delete=delete_layer, properties=_LAYER),
    "AWS::Lambda::EventInvokeConfig": ResourceType(
        create=put_event_config, update=update_event_config, delete=delete_event_config, properties=_EVENTS
    ),
}
