"""What KMS's operations need.

A call on a key is judged by the key's policy, which must allow by itself or hand over to the account's own policies, and
by the key's grants, which allow what no policy does. Operations on aliases need both the alias and its key; ReEncrypt
needs two keys; the rest needs the caller's own policies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.policy.evaluation import KEY

from . import conditions as keys
from . import encryption, granting, references, specs, state
from .errors import AccessDeniedException, NotFoundException
from .state import Found

_OF_ACCOUNT = ("create_key", "generate_random", "list_aliases", "list_keys", "list_retirable_grants")
_OF_ALIAS = ("create_alias", "update_alias", "delete_alias")


def _key(call: Call, operation: str, parameters: dict[str, Any]) -> Found | None:
    """The key that is judged; None where there is none, which the operation tells those who may ask. Looked for once in a
    call."""
    seen: tuple[dict[str, Any], Found | None] | None = call.looked_up
    if seen is None or seen[0] is not parameters:
        seen = call.looked_up = (parameters, _find(call, operation, parameters))
    return seen[1]


def _find(call: Call, operation: str, parameters: dict[str, Any]) -> Found | None:
    if operation in _OF_ACCOUNT:
        return None
    try:
        if operation in ("decrypt", "re_encrypt"):
            return _source(call, operation, parameters)
        return references.find(call, _reference(call, operation, parameters))
    except (AccessDeniedException, NotFoundException):
        return None


def _source(call: Call, operation: str, parameters: dict[str, Any]) -> Found:
    prefix = "source_" if operation == "re_encrypt" else ""
    return encryption.source(
        call,
        parameters.get("ciphertext_blob") or b"",
        parameters.get(f"{prefix}key_id") or "",
        parameters.get(f"{prefix}encryption_algorithm") or specs.SYMMETRIC,
        operation,
    )


def _reference(call: Call, operation: str, parameters: dict[str, Any]) -> str:
    if operation == "retire_grant":
        token, key_id = parameters.get("grant_token") or "", parameters.get("key_id") or ""
        return granting.named(token, key_id, parameters.get("grant_id") or "")[0]
    if operation == "delete_alias":
        return str(parameters["alias_name"])
    return str(parameters.get("target_key_id") or parameters["key_id"])


def actions(call: Call, operation: str, parameters: dict[str, Any]) -> list[str] | None:
    for token in parameters.get("grant_tokens") or []:
        granting.check_token(call, token)
    if operation == "re_encrypt":
        return ["kms:ReEncryptFrom"]
    if operation == "create_key" and parameters.get("tags"):
        return ["kms:CreateKey", "kms:TagResource"]
    return None


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    if operation in _OF_ACCOUNT:
        return ["*"]
    found = _key(call, operation, parameters)
    if found is not None:
        return [found.arn]
    names = ("key_id", "source_key_id", "target_key_id", "alias_name")
    named = next((parameters[name] for name in names if parameters.get(name)), None)
    return [_unknown(call, named)] if named else ["*"]


def _unknown(call: Call, reference: str) -> str:
    """The ARN of what is not there."""
    if reference.startswith("arn:"):
        return reference
    start = f"arn:aws:kms:{call.region}:{call.account}:"
    return start + (reference if reference.startswith("alias/") else f"key/{reference}")


def resource_policy(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    found = _key(call, operation, parameters)
    return found.key.policy if found is not None else None


def policy_kind(call: Call, operation: str, parameters: dict[str, Any]) -> str | None:
    return KEY if _key(call, operation, parameters) is not None else None


def also(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    if operation in _OF_ALIAS:
        return _alias_needs(call, operation, parameters)
    if operation == "re_encrypt":
        return _target_needs(call, parameters)
    if operation == "replicate_key":
        needed: list[tuple[Any, ...]] = [("kms:CreateKey", "*", {})]
        return [*needed, ("kms:TagResource", "*", {})] if parameters.get("tags") else needed
    return []


def _alias_needs(call: Call, operation: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The alias, by the caller's own policies; of UpdateAlias the key that it leaves, too."""
    action = "kms:" + "".join(part.title() for part in operation.split("_"))
    name = parameters["alias_name"]
    needed: list[tuple[Any, ...]] = [(action, state.alias_arn_of(call, name), {})]
    alias = state.aliases.get(call, name)
    before = state.keys.get(call, alias.target) if alias is not None and operation == "update_alias" else None
    if before is not None:
        shown = keys.of_key(call, Found(call, before))
        needed.append((action, state.arn_of(call, before.id), shown, before.policy, KEY))
    return needed


def _target_needs(call: Call, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    try:
        found = references.find(call, parameters["destination_key_id"])
    except AWSError:
        return []
    shown = keys.of_target(call, found, parameters)
    return [("kms:ReEncryptTo", found.arn, shown, found.key.policy, KEY)]


def conditions(call: Call, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return keys.of_call(call, operation, parameters, _key(call, operation, parameters))


def granted(call: Call, operation: str, parameters: dict[str, Any]) -> Callable[[str, str], str]:
    """Asked only about what the policies do not allow: the grant that does, or nothing."""

    def by(action: str, resource: str) -> str:
        try:
            at, key, _ = references.find(call, resource)
        except AWSError:
            return ""
        if operation == "retire_grant":
            return _retirable(call, parameters)
        context = keys.encryption_context(parameters, action)
        return granting.allowing(call, at, key, action, context, parameters)

    return by


def _retirable(call: Call, parameters: dict[str, Any]) -> str:
    token, key_id = parameters.get("grant_token") or "", parameters.get("key_id") or ""
    arn, identity = granting.named(token, key_id, parameters.get("grant_id") or "")
    at, key, _ = references.find(call, arn)
    grant = state.grants.get(at, key.id, identity)
    return grant.id if grant is not None and granting.retires(call, grant) else ""
