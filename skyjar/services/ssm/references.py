"""Parameters that nobody has put: AWS's public ones, and secrets of Secrets Manager under the name of a parameter.

Source: Systems Manager User Guide, "Working with public parameters" and "Referencing AWS Secrets Manager secrets".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError, NotImplementedHere

from . import regions
from .errors import ParameterNotFound, ValidationException

PUBLIC = "/aws/service/"
SECRETS = "/aws/reference/secretsmanager/"


def is_one(name: str) -> bool:
    return name.startswith((PUBLIC, SECRETS))


def public_arn(region: str, name: str) -> str:
    return f"arn:aws:ssm:{region}::parameter{name}"


def read(call: Call, reference: str, opens: bool) -> dict[str, Any]:
    if reference.startswith(SECRETS):
        return _secret(call, reference, opens)
    value = regions.VALUES.get(reference)
    if value is None:
        raise _unknown(reference)
    return _shown(call, reference, value)


def _unknown(name: str) -> AWSError:
    if name.startswith(regions.ROOT):
        return ParameterNotFound(name)
    return NotImplementedHere(f"Skyjar does not implement the public parameters {name} of ssm.")


def below(call: Call, path: str, recursive: bool) -> list[dict[str, Any]]:
    """The public parameters below a path, which ends with a slash; they are String parameters all."""
    found = [
        _shown(call, name, value)
        for name, value in regions.VALUES.items()
        if name.startswith(path) and (recursive or "/" not in name.removeprefix(path))
    ]
    if not found and not f"{regions.ROOT}/".startswith(path):
        raise _unknown(path)
    return found


def _shown(call: Call, name: str, value: str) -> dict[str, Any]:
    arn = public_arn(call.region, name)
    return {"Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": arn, "DataType": "text"}


def _secret(call: Call, reference: str, opens: bool) -> dict[str, Any]:
    """The secret's value, read as the caller. A selector is a version's stage or id."""
    name, _, selector = reference.removeprefix(SECRETS).partition(":")
    if not opens:
        raise ValidationException("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    chosen = {"version_id" if len(selector) >= 32 else "version_stage": selector} if selector else {}
    try:
        found = call.ask("secretsmanager").get_secret_value(secret_id=name, **chosen)
    except AWSError as error:
        if error.code != "ResourceNotFoundException":
            raise
        said = f"An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {reference} not found."
        raise ParameterNotFound(reference, said) from error
    text = {key: value for key, value in found.items() if key != "SecretBinary"}
    return {
        "Name": f"{SECRETS}{name}",
        "Type": "SecureString",
        "Value": found.get("SecretString", ""),
        "Version": 0,
        "SourceResult": orjson.dumps(text).decode(),
        "LastModifiedDate": found["CreatedDate"],
        "ARN": f"arn:aws:ssm:{call.region}:{call.account}:parameter{SECRETS}{name}",
        **({"Selector": f":{selector}"} if selector else {}),
    }
