"""Secrets of Secrets Manager, read as parameters: `/aws/reference/secretsmanager/` and a secret's name.

Source: Systems Manager User Guide, "Referencing AWS Secrets Manager secrets from Parameter Store parameters".
"""

from __future__ import annotations

from typing import Any

import orjson

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError

from .errors import ParameterNotFound, ValidationException

PREFIX = "/aws/reference/secretsmanager/"


def is_one(name: str) -> bool:
    return name.startswith(PREFIX)


def show(call: Call, name: str, opens: bool) -> dict[str, Any]:
    """The parameter; the secret is read as the caller."""
    if not opens:
        raise ValidationException("WithDecryption flag must be True for retrieving a Secret Manager secret.")
    try:
        secret = call.ask("secretsmanager").get_secret_value(secret_id=name.removeprefix(PREFIX))
    except AWSError as error:
        if error.code == "ResourceNotFoundException":
            raise ParameterNotFound(name) from None
        raise
    if "SecretString" not in secret:
        raise ValidationException(f"The secret {name} is binary.")
    told = {key[:1].lower() + key[1:] if key != "ARN" else key: value for key, value in secret.items()}
    return {
        "Name": name,
        "Type": "SecureString",
        "Value": secret["SecretString"],
        "Version": 0,
        "SourceResult": orjson.dumps(told).decode(),
        "LastModifiedDate": secret["CreatedDate"],
        "ARN": secret["ARN"],
        "DataType": "text",
    }
