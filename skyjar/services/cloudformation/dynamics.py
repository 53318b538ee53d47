"""Dynamic references, `{{resolve:service:key}}`: values that a template takes from elsewhere, read as the caller.

Source: CloudFormation User Guide, "Get values stored in other services using dynamic references".
"""

from __future__ import annotations

import orjson

from skyjar.formation.errors import TemplateError
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError


def resolve(call: Call, service: str, key: str) -> str:
    if service == "ssm":
        return stored_parameter(call, key)
    if service == "ssm-secure":
        return stored_parameter(call, key, is_secure=True)
    if service == "secretsmanager":
        return secret(call, key)
    raise TemplateError(f"Skyjar does not resolve dynamic references of {service}.")


def stored_parameter(call: Call, key: str, *, is_secure: bool = False) -> str:
    """The value of a Systems Manager parameter; `key` may end with a version."""
    try:
        return str(call.ask("ssm").get_parameter(name=key, with_decryption=is_secure)["Parameter"]["Value"])
    except AWSError as error:
        if error.code == "ParameterNotFound":
            raise TemplateError(f"Unable to fetch parameters [{key}] from parameter store for this account.") from error
        raise


def secret(call: Call, key: str) -> str:
    """`id:SecretString:json-key:version-stage:version-id`, of which everything behind the id may be left out."""
    parts = key.split(":")
    count = 7 if key.startswith("arn:") else 1
    reference, rest = ":".join(parts[:count]), [*parts[count:], "", "", "", ""]
    kind, name, stage, version = rest[:4]
    if kind not in ("", "SecretString") or len(parts) > count + 4:
        raise TemplateError(f"Incorrect format is used in the following dynamic reference: [{key}]")
    if stage and version:
        raise TemplateError("You can't specify both a version stage and a version id in a dynamic reference.")
    chosen = {"version_stage": stage} if stage else {"version_id": version} if version else {}
    found = call.ask("secretsmanager").get_secret_value(secret_id=reference, **chosen)
    if "SecretString" not in found:
        raise TemplateError(f"The secret {reference} has no SecretString.")
    text: str = found["SecretString"]
    return _member(text, name) if name else text


def _member(text: str, name: str) -> str:
    try:
        held = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise TemplateError("Could not parse SecretString JSON") from None
    if not isinstance(held, dict) or name not in held:
        raise TemplateError(f"Could not find a value associated with JSONKey in SecretString: {name}")
    value = held[name]
    return value if isinstance(value, str) else orjson.dumps(value).decode()
