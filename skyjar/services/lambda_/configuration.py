"""What a function is configured with: from the API's members to a version's fields, with their limits, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import NotImplementedHere
from skyjar.kernel.service import exists
from skyjar.kernel.tables import At

from . import layer_references, limits
from .errors import InvalidParameterValueException, ValidationException
from .state import Version


def stamp(now: float) -> str:
    """As LastModified has it: 2026-11-21T02:00:00.000+0000."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(now * 1000) % 1000:03}+0000"


def read(call: Call, at: At, given: dict[str, Any]) -> dict[str, Any]:
    """The fields that these parameters (by boto3's names) set; those that are None set nothing."""
    fields: dict[str, Any] = {}
    for name, value in given.items():
        if value is not None:
            fields |= _READERS[name](value) if name != "layers" else layer_references.read(call, at, value)
    return fields


def _range(name: str, value: int, least: int, most: int) -> int:
    if value < least:
        raise ValidationException(_constraint(name, value, f"Member must have value greater than or equal to {least}"))
    if value > most:
        raise ValidationException(_constraint(name, value, f"Member must have value less than or equal to {most}"))
    return value


def _constraint(name: str, value: object, rule: str) -> str:
    return f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}"


def _runtime(value: str) -> dict[str, Any]:
    if value not in limits.RUNTIMES:
        raise InvalidParameterValueException(
            f"The runtime parameter of {value} is no longer supported for creating or updating AWS Lambda functions. We "
            "recommend you use a supported runtime while creating or updating functions."
        )
    return {"runtime": value}


def _environment(value: dict[str, Any]) -> dict[str, Any]:
    variables: dict[str, str] = value.get("Variables") or {}
    reserved = sorted(limits.RESERVED_VARIABLES & variables.keys())
    if reserved:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    text = orjson.dumps(variables).decode()
    if len(text.encode()) > limits.ENVIRONMENT_BYTES:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {text}"
        )
    return {"environment": variables}


def _dead_letter(value: dict[str, Any]) -> dict[str, Any]:
    target = value.get("TargetArn", "")
    if target:
        service = target.split(":")[2] if target.count(":") >= 5 else ""
        if service not in ("sqs", "sns"):
            raise InvalidParameterValueException(f"The provided target arn {target} is invalid.")
        check_target(target)
    return {"dead_letter": target}


def check_target(arn: str) -> None:
    """Refuse what events could not be sent to here."""
    service = arn.split(":")[2]
    if not exists(service):
        raise NotImplementedHere(f"Skyjar does not implement {service}, which {arn} needs.")


def _logging(value: dict[str, Any]) -> dict[str, Any]:
    log_format = value.get("LogFormat", "Text")
    levels = {
        "app_log_level": value.get("ApplicationLogLevel", ""),
        "system_log_level": value.get("SystemLogLevel", ""),
    }
    if log_format == "Text" and any(levels.values()):
        raise InvalidParameterValueException(
            "To use ApplicationLogLevel or SystemLogLevel, you must set LogFormat to JSON."
        )
    for name, level in levels.items():
        if level not in ("", "INFO"):
            raise NotImplementedHere(f"Skyjar does not implement the log level {level} ({name}) of lambda.")
    return {"log_format": log_format, "log_group": value.get("LogGroup", ""), **levels}


def _ephemeral(value: dict[str, Any]) -> dict[str, Any]:
    return {"ephemeral_mib": _range("ephemeralStorage.size", value["Size"], *limits.EPHEMERAL_MIB)}


def _neutral(member: str, *keys: str) -> Any:
    """A member whose neutral value changes nothing, and whose other values are not implemented."""

    def read_member(value: Any) -> dict[str, Any]:
        given = value if isinstance(value, dict) else {"": value}
        if any(given.get(key) not in (None, [], "", "PassThrough", "None", False) for key in (*keys, "")):
            raise NotImplementedHere(f"Skyjar does not implement {member} of lambda.")
        return {}

    return read_member


_READERS: dict[str, Any] = {
    "runtime": _runtime,
    "role": lambda value: {"role": value},
    "handler": lambda value: {"handler": value},
    "description": lambda value: {"description": value},
    "timeout": lambda value: {"timeout_s": _range("timeout", value, 1, limits.TIMEOUT_S)},
    "memory_size": lambda value: {"memory_mib": _range("memorySize", value, *limits.MEMORY_MIB)},
    "environment": _environment,
    "dead_letter_config": _dead_letter,
    "ephemeral_storage": _ephemeral,
    "logging_config": _logging,
    "architectures": lambda value: {"architecture": value[0]},
    "tracing_config": _neutral("TracingConfig Mode=Active", "Mode"),
    "vpc_config": _neutral("VpcConfig", "SubnetIds", "SecurityGroupIds"),
    "snap_start": _neutral("SnapStart", "ApplyOn"),
    "kms_key_arn": _neutral("KMSKeyArn"),
    "file_system_configs": _neutral("FileSystemConfigs"),
    "code_signing_config_arn": _neutral("CodeSigningConfigArn"),
}


def check(version: Version) -> None:
    """What only the whole can say."""
    if not version.runtime or not version.handler:
        missing = "Runtime" if not version.runtime else "Handler"
        raise InvalidParameterValueException(
            f"{missing} is mandatory parameter for functions created with deployment packages."
        )
    total = version.code_unzipped + sum(layer.unzipped for layer in version.layers)
    if total >= limits.UNZIPPED_BYTES:
        raise InvalidParameterValueException(f"Unzipped size must be smaller than {limits.UNZIPPED_BYTES} bytes")


def show(version: Version, arn: str = "") -> dict[str, Any]:
    """A FunctionConfiguration. `arn` is the one asked for, where that is qualified."""
    shown: dict[str, Any] = {
        "FunctionName": version.name,
        "FunctionArn": arn or (f"{version.arn}:{version.number}" if version.number else version.arn),
        "Runtime": version.runtime,
        "Role": version.role,
        "Handler": version.handler,
        "CodeSize": version.code_size,
        "Description": version.description,
        "Timeout": version.timeout_s,
        "MemorySize": version.memory_mib,
        "LastModified": version.modified,
        "CodeSha256": version.code_sha256,
        "Version": version.qualifier,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": version.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": version.ephemeral_mib},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": _show_logging(version),
    }
    if version.environment:
        shown["Environment"] = {"Variables": version.environment}
    if version.layers:
        shown["Layers"] = [{"Arn": layer.arn, "CodeSize": layer.size} for layer in version.layers]
    if version.dead_letter:
        shown["DeadLetterConfig"] = {"TargetArn": version.dead_letter}
    return shown


def _show_logging(version: Version) -> dict[str, str]:
    shown = {"LogFormat": version.log_format, "LogGroup": version.log_group_name}
    if version.log_format == "JSON":
        shown["ApplicationLogLevel"] = version.app_log_level or "INFO"
        shown["SystemLogLevel"] = version.system_log_level or "INFO"
    return shown


def creating(version: Version) -> dict[str, Any]:
    """As CreateFunction answers: on AWS the function becomes active a moment later."""
    reason = {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
    shown = {**show(version), "State": "Pending", **reason}
    del shown["LastUpdateStatus"]
    return shown


def updating(version: Version) -> dict[str, Any]:
    """As an update answers."""
    return {
        **show(version),
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }
