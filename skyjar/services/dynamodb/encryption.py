"""Tables encrypted under a KMS key: a data key of the table seals its items (`sealing.py`).

As on AWS, whoever uses the table uses the key through DynamoDB and needs its permission, once in five minutes; what DynamoDB does
by itself (TTL, new indexes, restores) it does by a grant, or, with `aws/dynamodb`, as its account. Without an SSESpecification
a table is under a key that AWS owns, of which nothing is shown or asked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from skyjar.kernel import principals
from skyjar.kernel.call import Call
from skyjar.kernel.errors import AWSError
from skyjar.kernel.jobs import job

from . import item_rows, limits, schemas, sealing, state
from .definitions import invalid
from .errors import AccessDenied, LimitExceededException, ValidationException
from .schemas import Schema
from .state import DataKey, Definition

if TYPE_CHECKING:
    from skyjar.kernel.envelopes import OpenKeys

MANAGED = "alias/aws/dynamodb"
SERVICE = "dynamodb.amazonaws.com"
CHUNK = 500
DAY_S = 86_400


@cache
def open_keys() -> OpenKeys:
    """The data keys in the clear, by who had them opened; the ciphers' library is loaded with it."""
    from skyjar.kernel.envelopes import OpenKeys

    return OpenKeys()


def wanted(given: dict[str, Any] | None) -> str | None:
    """The key that an SSESpecification asks for; empty for the key that AWS owns, None where nothing is said."""
    if given is None:
        return None
    kind, key = given.get("SSEType"), given.get("KMSMasterKeyId")
    if not given.get("Enabled"):
        for name, value in (("SSEType", kind), ("KMSMasterKeyId", key)):
            if value is not None:
                raise invalid(f"{name} can not be specified if Enabled is false")
        return ""
    if kind == "AES256":
        raise invalid("SSEType AES256 is not supported")
    if key is not None and kind is None:
        raise invalid("SSEType KMS is required if KMSMasterKeyId is specified")
    return key or MANAGED


def check_other(definition: Definition, key_id: str, replica_updates: list[dict[str, Any]] | None) -> None:
    """UpdateTable changes the key, or those of replicas."""
    if replica_updates:
        return
    sealing = definition.data_keys[definition.sealing] if definition.sealing >= 0 else None
    if sealing is None and not key_id:
        raise invalid("Table is already encrypted by default")
    if sealing is not None and (key_id == sealing.key or (key_id == MANAGED and sealing.is_managed)):
        raise invalid(
            "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you want to change Master Key"
        )


def counted(call: Call, definition: Definition) -> Definition:
    """The table with one more change of its encryption, if there may be one now.

    Source: Developer Guide, "Quotas", and github.com/crossplane/crossplane issue 3249 for the sentence."""
    recent = tuple(at for at in definition.encrypted_s if 0 <= call.now - at < DAY_S)
    if len(recent) >= limits.ENCRYPTIONS and call.now < recent[-1] + limits.ENCRYPTION_PAUSE_S:
        ends = datetime.fromtimestamp(recent[0] + DAY_S, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise LimitExceededException(
            f"Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at {ends}. After the "
            f"first {limits.ENCRYPTIONS} change, each subsequent change in the same window can be performed at most once "
            f"every {limits.ENCRYPTION_PAUSE_S} seconds. Number of updates today: {len(recent)}"
        )
    return state.replace(definition, encrypted_s=(*recent, call.now))


def changed(call: Call, definition: Definition, key_id: str) -> Definition:
    """The table under another key. What it holds is sealed again by a job."""
    if not key_id:
        changed_to = state.replace(definition, kms_key="", sealing=-1)
    else:
        made = _new_key(call, definition, key_id)
        keys = (*definition.data_keys, made)
        changed_to = state.replace(definition, kms_key=made.key, data_keys=keys, sealing=len(keys) - 1)
    call.later(reseal, key=definition.space, table=definition.name, space=definition.space, start=b"")
    return changed_to


def _kms(call: Call, principal: Any = None, **stated: str) -> Any:
    return call.ask("kms", principal, context={"kms:ViaService": f"dynamodb.{call.region}.amazonaws.com", **stated})


def _context(call: Call, table: str) -> dict[str, str]:
    """The encryption context that AWS uses."""
    return {"aws:dynamodb:tableName": table, "aws:dynamodb:subscriberId": call.account}


def _new_key(call: Call, definition: Definition, key_id: str) -> DataKey:
    full = key_id if key_id.startswith("arn:") else f"arn:aws:kms:{call.region}:{call.account}:" + (
        key_id if key_id.startswith("alias/") else f"key/{key_id}"
    )  # fmt: skip
    try:
        made = _kms(call).generate_data_key(
            key_id=full, key_spec="AES_256", encryption_context=_context(call, definition.name)
        )
        if key_id != MANAGED:
            _kms(call).create_grant(
                key_id=made["KeyId"],
                operations=["Decrypt", "GenerateDataKey"],
                grantee_service_principal=SERVICE,
                retiring_service_principal=SERVICE,
                constraints={"SourceArn": schemas.arn_of(call, definition.name)},
            )
    except AWSError as error:
        raise _worded(error) from error
    mark = sealing.fingerprint(made["CiphertextBlob"])
    sealing.unlock(mark, made["Plaintext"])
    return DataKey(
        key=made["KeyId"],
        blob=made["CiphertextBlob"],
        mark=mark,
        table=definition.name,
        is_managed=key_id == MANAGED,
    )


def open_for(call: Call, schema: Schema) -> None:
    """Open a table's data keys for whoever calls."""
    for each in schema.definition.data_keys:
        secret = open_keys().get(call.caller.arn, each.blob, call.now, limits.DATA_KEY_S, lambda: _opened(call, each))  # noqa: B023
        sealing.unlock(each.mark, secret)


def open_for_itself(call: Call, schema: Schema) -> None:
    """Open them for what DynamoDB does by itself."""
    for each in schema.definition.data_keys:
        who = principals.root(call.account) if each.is_managed else principals.service(SERVICE, call.account)
        secret = open_keys().get(who.arn, each.blob, call.now, limits.DATA_KEY_S, lambda: _opened(call, each, who))  # noqa: B023
        sealing.unlock(each.mark, secret)


def looked_at(call: Call, definition: Definition) -> Definition:
    """The table, and whether its key can be used, which is noted when somebody looks; as on AWS, some minutes may pass before."""
    if not definition.kms_key:
        return definition
    since_s = 0.0
    try:
        open_for_itself(call, Schema(definition, call))
    except (ValidationException, AccessDenied):
        since_s = definition.inaccessible_since_s or call.now
    if since_s == definition.inaccessible_since_s:
        return definition
    noted = state.replace(definition, inaccessible_since_s=since_s)
    state.tables.replace(call, definition, noted)
    return noted


def _opened(call: Call, held: DataKey, who: Any = None) -> bytes:
    stated = {"aws:SourceArn": schemas.arn_of(call, held.table)} if who is not None else {}
    try:
        secret: bytes = _kms(call, who, **stated).decrypt(
            ciphertext_blob=held.blob, key_id=held.key, encryption_context=_context(call, held.table)
        )["Plaintext"]
    except AWSError as error:
        raise _worded(error) from error
    return secret


def _worded(error: AWSError) -> AWSError:
    """KMS's error as DynamoDB hands it on."""
    if error.code in ("NotFoundException", "DisabledException", "KMSInvalidStateException"):
        return ValidationException(f"KMS key is not accessible: {error.message}")
    if error.code != "AccessDeniedException":
        return error
    worded = AccessDenied(error.message)
    worded.judgement = getattr(error, "judgement", None)  # type: ignore[attr-defined]
    return worded


@job()
def reseal(call: Call, *, table: str, space: str, start: bytes) -> None:
    """Bring what a table and its indexes hold under the present key, a part at a time."""
    schema = schemas.find(call, table)
    if schema is None or schema.space != space:
        return
    open_for_itself(call, schema)
    spaces = [schema.root, *(index.root for index in schema.indexes)]
    at = next((at for at, root in enumerate(spaces) if start.startswith(root)), 0)
    root = spaces[at]
    page = call.tx.scan(start or root, state.after(root), CHUNK)
    for row, stored in page:
        call.tx.put(row, item_rows.dump_sealed(call, schema, item_rows.load(stored), item_rows.stored_size(stored)))
    if len(page) == CHUNK:
        following = page[-1][0] + b"\0"
    elif at + 1 < len(spaces):
        following = spaces[at + 1]
    else:
        return
    call.later(reseal, key=space, table=table, space=space, start=following)


def shown(definition: Definition) -> dict[str, Any]:
    """The members of a table's description."""
    if not definition.kms_key:
        return {}
    found: dict[str, Any] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": definition.kms_key}
    if definition.inaccessible_since_s:
        found["InaccessibleEncryptionDateTime"] = definition.inaccessible_since_s
    return {"SSEDescription": found}
