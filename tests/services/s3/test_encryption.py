"""Server-side encryption: what lies on the disk, under which keys, and who opens it."""

import json
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.outside import Outside
from skyjar.kernel.principals import Principal
from skyjar.kernel.tables import Place
from skyjar.services.s3 import object_state, rings, state

HUSH = b"hush hush "
LONG = HUSH * 20_000
KEY = bytes(range(32))
CUSTOMER = {
    "sse_customer_algorithm": "AES256",
    "sse_customer_key": b64encode(KEY).decode(),
    "sse_customer_key_md5": b64encode(md5(KEY).digest()).decode(),
}


def code(function: Any, **parameters: Any) -> str:
    with pytest.raises(AWSError) as caught:
        function(**parameters)
    return caught.value.code


def ann_of(desk: Any) -> tuple[Any, Any]:
    """S3 as a user asks for it, and a function that says what the user may do."""
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    who = Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name="ann")

    def may(*statements: dict[str, Any]) -> None:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(user_name="ann", policy_name="p", policy_document=text)

    return desk.ask("s3", who), may


def read(answer: Any) -> bytes:
    body = answer["Body"]
    return body if isinstance(body, bytes) else body.read()


def configure(s3: Any, algorithm: str, key: str = "", **more: Any) -> None:
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rule = {"ApplyServerSideEncryptionByDefault": default, **more}
    s3.put_bucket_encryption(bucket="first", server_side_encryption_configuration={"Rules": [rule]})


@pytest.fixture
def customers(s3: Any) -> Any:
    """The bucket takes keys of its clients."""
    configure(s3, "AES256", BlockedEncryptionTypes={"EncryptionType": ["NONE"]})
    return s3


def on_disk(desk: Any, tmp_path: Path) -> bytes:
    """Everything that is kept: all records, all blobs."""
    blobs = b"".join(path.read_bytes() for path in (tmp_path / "blobs").rglob("*") if path.is_file())
    return blobs + desk.store.transact(lambda tx: b"".join(value for _, value in tx.scan(b"", b"\xff", 100_000)))


METHODS: list[dict[str, Any]] = [
    {},
    {"server_side_encryption": "AES256"},
    {"server_side_encryption": "aws:kms"},
    {"server_side_encryption": "aws:kms:dsse"},
    CUSTOMER,
]
NAMES = ["default", "sse-s3", "sse-kms", "dsse", "sse-c"]


def opening(method: dict[str, Any]) -> dict[str, Any]:
    return method if method is CUSTOMER else {}


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
@pytest.mark.parametrize("body", [b"", HUSH, LONG], ids=["empty", "short", "long"])
def test_no_body_lies_on_the_disk_in_the_clear(
    desk: Any, customers: Any, tmp_path: Path, method: dict[str, Any], body: bytes
) -> None:
    customers.put_object(bucket="first", key="k", body=body, **method)
    assert HUSH not in on_disk(desk, tmp_path)
    assert read(customers.get_object(bucket="first", key="k", **opening(method))) == body
    if body:
        part = customers.get_object(bucket="first", key="k", range="bytes=3-7", **opening(method))
        assert read(part) == body[3:8]


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_parts_are_sealed_too(desk: Any, customers: Any, tmp_path: Path, method: dict[str, Any]) -> None:
    made = customers.create_multipart_upload(bucket="first", key="k", **method)
    where = {"bucket": "first", "key": "k", "upload_id": made["UploadId"]}
    first = (HUSH * 600_000)[: 5 << 20]
    parts = []
    for number, body in enumerate((first, HUSH), 1):
        etag = customers.upload_part(**where, part_number=number, body=body, **opening(method))["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    done = customers.complete_multipart_upload(**where, multipart_upload={"Parts": parts})
    assert done["ETag"].endswith('-2"')
    assert HUSH not in on_disk(desk, tmp_path)
    found = customers.get_object(bucket="first", key="k", range=f"bytes={len(first) - 5}-", **opening(method))
    assert read(found) == first[-5:] + HUSH


@pytest.mark.parametrize("source", METHODS[1:], ids=NAMES[1:])
@pytest.mark.parametrize("target", METHODS[1:], ids=NAMES[1:])
@pytest.mark.parametrize("body", [HUSH, LONG], ids=["short", "long"])
def test_a_copy_is_under_its_own_keys(
    desk: Any, customers: Any, tmp_path: Path, source: dict[str, Any], target: dict[str, Any], body: bytes
) -> None:
    customers.put_object(bucket="first", key="k", body=body, **source)
    of_source = {f"copy_source_{name}": value for name, value in opening(source).items()}
    answer = customers.copy_object(bucket="first", key="c", copy_source="first/k", **target, **of_source)
    if isinstance(answer, Outside):
        answer = performed(desk, answer)
    customers.delete_object(bucket="first", key="k")
    found = customers.get_object(bucket="first", key="c", **opening(target))
    assert read(found) == body
    assert found.get("ServerSideEncryption", "AES256") == target.get("server_side_encryption", "AES256")
    assert (found["ETag"] == f'"{md5(body).hexdigest()}"') is (target is METHODS[1])
    assert HUSH not in on_disk(desk, tmp_path)


def performed(desk: Any, asked: Outside) -> Any:
    """What an operation asks to be computed, and what follows from it."""
    request: Any = asked.request
    result = request.function(*request.arguments)
    return desk.store.transact(lambda tx: asked.then(desk.call(tx), result))


def test_a_streamed_body_that_is_to_be_sealed_twice(desk: Any, s3: Any, tmp_path: Path) -> None:
    streamed = desk.pipeline.blobs.put_sealed(LONG)
    asked = s3.put_object(bucket="first", key="k", body=streamed, server_side_encryption="aws:kms:dsse")
    answer = performed(desk, asked)
    assert answer["ServerSideEncryption"] == "aws:kms:dsse"
    held = desk.store.transact(lambda tx: list(object_state.objects.each(Place(tx, desk.account, desk.region))))
    assert held[0].blobs != (streamed.name,)
    assert read(s3.get_object(bucket="first", key="k")) == LONG


def test_kms_is_asked_as_the_caller(desk: Any, s3: Any) -> None:
    kms = desk.ask("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    ann, allow = ann_of(desk)

    def may(*statements: dict[str, Any]) -> None:
        allow({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, *statements)

    def using(*actions: str, **conditions: str) -> dict[str, Any]:
        statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": key}
        named = {name.replace("_", ":", 1): value for name, value in conditions.items()}
        return {**statement, "Condition": {"StringEquals": named}} if named else statement

    put = {"bucket": "first", "key": "a/k", "body": HUSH, "server_side_encryption": "aws:kms", "ssekms_key_id": key}
    may()
    with pytest.raises(AWSError, match=rf"not authorized to perform: kms:GenerateDataKey on resource: {key} because"):
        ann.put_object(**put)
    may(using("kms:GenerateDataKey", kms_ViaService="sqs.us-east-1.amazonaws.com"))
    assert code(ann.put_object, **put) == "AccessDenied"
    arn = {"Condition": {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::first/a/k"}}}
    may({**using("kms:GenerateDataKey"), **arn}, using("kms:Encrypt", kms_ViaService="s3.us-east-1.amazonaws.com"))
    shown = ann.put_object(**put)
    assert (shown["ServerSideEncryption"], shown["SSEKMSKeyId"]) == ("aws:kms", key)
    assert code(ann.put_object, **{**put, "key": "b"}) == "AccessDenied"
    assert ann.head_object(bucket="first", key="a/k")["SSEKMSKeyId"] == key
    assert code(ann.head_object, bucket="first", key="a/k", checksum_mode="ENABLED") == "AccessDenied"
    assert code(ann.get_object, bucket="first", key="a/k") == "AccessDenied"
    may(using("kms:Decrypt", kms_ViaService="s3.us-east-1.amazonaws.com"))
    assert read(ann.get_object(bucket="first", key="a/k")) == HUSH
    kms.disable_key(key_id=key)
    assert code(ann.get_object, bucket="first", key="a/k") == "KMS.DisabledException"
    assert code(s3.put_object, **{**put, "ssekms_key_id": "alias/none"}) == "KMS.NotFoundException"


def test_the_default_of_a_bucket_needs_its_key_too(desk: Any, s3: Any) -> None:
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    configure(s3, "aws:kms", key, BucketKeyEnabled=True)
    shown = s3.put_object(bucket="first", key="k", body=HUSH)
    assert (shown["SSEKMSKeyId"], shown["BucketKeyEnabled"]) == (key, True)
    other = s3.put_object(bucket="first", key="m", body=HUSH, server_side_encryption="aws:kms")
    assert other["SSEKMSKeyId"] != key
    assert s3.put_object(bucket="first", key="s", body=HUSH, server_side_encryption="AES256")["ETag"] == (
        f'"{md5(HUSH).hexdigest()}"'
    )
    configure(s3, "aws:kms:dsse")
    assert s3.put_object(bucket="first", key="d", body=HUSH)["ServerSideEncryption"] == "aws:kms:dsse"
    assert s3.head_object(bucket="first", key="k")["SSEKMSKeyId"] == key
    s3.delete_bucket_encryption(bucket="first")
    assert s3.put_object(bucket="first", key="e", body=HUSH)["ServerSideEncryption"] == "AES256"


def test_a_bucket_key_asks_kms_once_in_a_while(desk: Any, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    ask = desk.pipeline.inside.ask

    def counting(call: Any, service: str, operation: str, parameters: Any, *rest: Any) -> Any:
        if service == "kms":
            asked.append((operation, parameters["encryption_context"]["aws:s3:arn"]))
        return ask(call, service, operation, parameters, *rest)

    monkeypatch.setattr(desk.pipeline.inside, "ask", counting)
    given = {"bucket": "first", "body": HUSH, "server_side_encryption": "aws:kms"}
    for name in ("a", "b", "c"):
        s3.put_object(**given, key=name, bucket_key_enabled=True)
    assert asked == [("generate_data_key", "arn:aws:s3:::first")]
    assert [read(s3.get_object(bucket="first", key=name)) for name in ("a", "b", "c")] == [HUSH] * 3
    assert len(asked) == 1
    desk.advance(301)
    s3.get_object(bucket="first", key="a")
    s3.put_object(**given, key="d", bucket_key_enabled=True)
    assert [operation for operation, _ in asked[1:]] == ["decrypt", "generate_data_key"]
    asked.clear()
    s3.put_object(**given, key="e")
    s3.get_object(bucket="first", key="e")
    s3.get_object(bucket="first", key="e")
    assert asked == [("generate_data_key", "arn:aws:s3:::first/e"), *[("decrypt", "arn:aws:s3:::first/e")] * 2]


def test_a_context_of_ones_own_is_authenticated(desk: Any, s3: Any) -> None:
    context = b64encode(b'{"team": "blue"}').decode()
    given = {"bucket": "first", "key": "k", "body": HUSH, "server_side_encryption": "aws:kms"}
    answer = s3.put_object(**given, ssekms_encryption_context=context)
    assert answer["SSEKMSEncryptionContext"] == context
    assert read(s3.get_object(bucket="first", key="k")) == HUSH
    for wrong in ("?", b64encode(b"[]").decode(), b64encode(b'{"a": 1}').decode()):
        assert code(s3.put_object, **given, ssekms_encryption_context=wrong) == "InvalidArgument"
    assert code(s3.put_object, bucket="first", key="k", ssekms_encryption_context=context) == "InvalidArgument"


def test_wrapped_keys_belong_to_their_object(desk: Any, s3: Any) -> None:
    for name in ("a", "b"):
        s3.put_object(bucket="first", key=name, body=name.encode())

    def swap(tx: Any) -> None:
        at = Place(tx, desk.account, desk.region)
        a, b = object_state.objects.each(at)
        object_state.objects.replace(at, a, state.replace(a, body=b.body, sealing=b.sealing))

    desk.store.transact(swap)
    with pytest.raises(OSError, match="cannot be opened"):
        s3.get_object(bucket="first", key="a")


def test_the_key_of_s3_is_another_one_every_year(desk: Any, s3: Any) -> None:
    s3.put_object(bucket="first", key="a", body=HUSH)
    desk.advance(366 * 86_400)
    s3.put_object(bucket="first", key="b", body=HUSH)
    held = desk.store.transact(lambda tx: state.named(desk.call(tx), "first"))
    assert len(set(held.master_keys.values())) == 2
    assert [read(s3.get_object(bucket="first", key=name)) for name in ("a", "b")] == [HUSH] * 2


def test_what_was_stored_before_bodies_were_sealed_is_read_and_copied(desk: Any, s3: Any) -> None:
    plain = desk.pipeline.blobs.put(LONG)
    s3.put_object(bucket="first", key="short", body=HUSH)
    s3.put_object(bucket="first", key="long", body=LONG)

    def unseal(tx: Any) -> None:
        at = Place(tx, desk.account, desk.region)
        long, short = object_state.objects.each(at)
        object_state.objects.replace(at, short, state.replace(short, body=HUSH, sealing=None))
        object_state.objects.replace(at, long, state.replace(long, blobs=(plain.name,), sealing=None))

    desk.store.transact(unseal)
    assert read(s3.get_object(bucket="first", key="short")) == HUSH
    assert read(s3.get_object(bucket="first", key="long", range="bytes=5-14")) == LONG[5:15]
    for name, body in (("short", HUSH), ("long", LONG)):
        answer = s3.copy_object(bucket="first", key="c", copy_source=f"first/{name}")
        if isinstance(answer, Outside):
            performed(desk, answer)
        assert read(s3.get_object(bucket="first", key="c")) == body


def test_keys_of_clients_are_blocked_until_they_are_not(s3: Any) -> None:
    rule = s3.get_bucket_encryption(bucket="first")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    assert code(s3.put_object, bucket="first", key="k", body=HUSH, **CUSTOMER) == "AccessDenied"
    assert code(s3.put_object, bucket="first", key="k", sse_customer_key="?") == "AccessDenied"
    configure(s3, "AES256", BlockedEncryptionTypes={"EncryptionType": ["NONE"]})
    answer = s3.put_object(bucket="first", key="k", body=HUSH, **CUSTOMER)
    assert answer["SSECustomerKeyMD5"] == CUSTOMER["sse_customer_key_md5"]
    assert "ServerSideEncryption" not in answer
    configure(s3, "aws:kms")
    rule = s3.get_bucket_encryption(bucket="first")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["BlockedEncryptionTypes"] == {"EncryptionType": ["NONE"]}
    configure(s3, "AES256", BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})
    s3.put_object(bucket="first", key="plain", body=HUSH)
    assert code(s3.copy_object, bucket="first", key="c", copy_source="first/plain", **CUSTOMER) == "AccessDenied"
    assert code(s3.create_multipart_upload, bucket="first", key="c", **CUSTOMER) == "AccessDenied"
    assert read(s3.get_object(bucket="first", key="k", **CUSTOMER)) == HUSH


def test_only_the_very_key_of_the_client_opens(customers: Any) -> None:
    customers.put_object(bucket="first", key="k", body=HUSH, **CUSTOMER)
    other = bytes(32)
    wrong = {
        **CUSTOMER,
        "sse_customer_key": b64encode(other).decode(),
        "sse_customer_key_md5": b64encode(md5(other).digest()).decode(),
    }
    for operation in (customers.get_object, customers.head_object):
        assert code(operation, bucket="first", key="k") == "InvalidRequest"
        assert code(operation, bucket="first", key="k", **wrong) == "AccessDenied"
    assert customers.head_object(bucket="first", key="k", **CUSTOMER)["SSECustomerAlgorithm"] == "AES256"
    assert code(customers.copy_object, bucket="first", key="c", copy_source="first/k") == "InvalidRequest"
    customers.put_object(bucket="first", key="plain", body=HUSH)
    assert code(customers.get_object, bucket="first", key="plain", **CUSTOMER) == "InvalidRequest"


def test_every_part_brings_the_key_of_its_upload(customers: Any) -> None:
    upload = customers.create_multipart_upload(bucket="first", key="k", **CUSTOMER)["UploadId"]
    where = {"bucket": "first", "key": "k", "upload_id": upload}
    with pytest.raises(AWSError, match="Subsequent part requests must include"):
        customers.upload_part(**where, part_number=1, body=HUSH)
    other = bytes(32)
    wrong = {
        "sse_customer_key": b64encode(other).decode(),
        "sse_customer_key_md5": b64encode(md5(other).digest()).decode(),
    }
    with pytest.raises(AWSError, match="did not match the ones used originally"):
        customers.upload_part(**where, part_number=1, body=HUSH, **{**CUSTOMER, **wrong})
    etag = customers.upload_part(**where, part_number=1, body=HUSH, **CUSTOMER)["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
    customers.complete_multipart_upload(**where, multipart_upload=parts, **CUSTOMER)
    assert read(customers.get_object(bucket="first", key="k", **CUSTOMER)) == HUSH


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"sse_customer_algorithm": ""}, "InvalidArgument"),
        ({"sse_customer_algorithm": "AES128"}, "InvalidEncryptionAlgorithmError"),
        ({"sse_customer_key": ""}, "InvalidArgument"),
        ({"sse_customer_key_md5": ""}, "InvalidArgument"),
        ({"sse_customer_key": b64encode(b"short").decode()}, "InvalidArgument"),
        ({"sse_customer_key": "?"}, "InvalidArgument"),
        ({"sse_customer_key_md5": b64encode(md5(b"").digest()).decode()}, "InvalidArgument"),
        ({"server_side_encryption": "AES256"}, "InvalidArgument"),
    ],
)
def test_keys_of_clients_that_are_no_keys(customers: Any, change: dict[str, str], error: str) -> None:
    assert code(customers.put_object, bucket="first", key="k", body=HUSH, **{**CUSTOMER, **change}) == error


def test_what_is_secret_wants_a_secure_connection(desk: Any, customers: Any) -> None:
    customers.put_object(bucket="first", key="k", body=HUSH, server_side_encryption="aws:kms")
    desk.is_secure = False
    s3 = desk.ask("s3")
    assert code(s3.get_object, bucket="first", key="k") == "InvalidArgument"
    assert code(s3.put_object, bucket="first", key="k", server_side_encryption="aws:kms") == "InvalidArgument"
    assert code(s3.put_object, bucket="first", key="k", **CUSTOMER) == "InvalidRequest"
    assert code(s3.get_object, bucket="first", key="k", **CUSTOMER) == "InvalidRequest"
    s3.put_object(bucket="first", key="s", body=HUSH)
    assert read(s3.get_object(bucket="first", key="s")) == HUSH


def test_the_caller_of_a_multipart_upload_may_decrypt(desk: Any, s3: Any) -> None:
    key = desk.ask("kms").create_key()["KeyMetadata"]["Arn"]
    ann, may = ann_of(desk)
    may({"Effect": "Allow", "Action": ["s3:*", "kms:GenerateDataKey"], "Resource": "*"})
    given = {"server_side_encryption": "aws:kms", "ssekms_key_id": key}
    upload = ann.create_multipart_upload(bucket="first", key="k", **given)["UploadId"]
    assert code(ann.upload_part, bucket="first", key="k", upload_id=upload, part_number=1, body=b"x") == "AccessDenied"


def test_nothing_is_left_of_a_body_that_cannot_be_sealed_again(desk: Any, tmp_path: Path) -> None:
    made = desk.pipeline.blobs.put_sealed(LONG)
    made.path.write_bytes(made.path.read_bytes()[:-1])
    with pytest.raises(OSError, match="cannot be opened"):
        rings.resealed(desk.pipeline.blobs, ((made, 0, made.size),), 2)
    assert list((tmp_path / "blobs" / "incoming").iterdir()) == []
