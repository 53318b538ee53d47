"""Secrets of Secrets Manager, read as parameters: `/aws/reference/secretsmanager/` and a secret's name, which a version's
stage or id may follow (`:AWSPREVIOUS`).

Source: Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from .errors import ParameterNotFound, ValidationException

PREFIX = "/aws/reference/secretsmanager/"
VERSION_ID_LENGTH = 32  # at least; stages are shorter by custom


def is_one(name: str) -> bool:
    return name.startswith(PREFIX)


def show(call: Call, name: str, opens: bool) -> dict[str, Any]:
    """The parameter; the secret is read as the caller."""
    if not opens:
        raise ValidationException("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    secret_id, _, selector = name.removeprefix(PREFIX).partition(":")
    chosen = {"version_id" if len(selector) >= VERSION_ID_LENGTH else "version_stage": selector} if selector else {}
    try:
        secret = call.ask("secretsmanager").get_secret_value(secret_id=secret_id, **chosen)
    except AWSError as error:
        if error.code == "ResourceNotFoundException":
            raise ParameterNotFound(name) from None
        raise
    if "SecretString" not in secret:
        raise ValidationException(f"The secret {name} is binary.")
    told = {key[:1].lower() + key[1:] if key != "ARN" else key: value for key, value in secret.items()}
    return {
        "Name": f"{PREFIX}{secret_id}",
        "Type": "SecureString",
        "Value": secret["SecretString"],
        "Version": 0,
        "SourceResult": orjson.dumps(told).decode(),
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": secret["ARN"],
        "DataType": "text",
        **({"Selector": f":{selector}"} if selector else {}),
    }
