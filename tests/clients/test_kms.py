"""KMS with boto3 and the AWS CLI."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_public_key

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

DAY = 86_400


@pytest.fixture
def kms(account: Account) -> Any:
    return account.client("kms")


@pytest.fixture
def user(account: Account) -> Callable[..., Any]:
    """A KMS client of a user who may do this."""

    def make(name: str, *actions: str, resource: str = "*") -> Any:
        iam = account.client("iam")
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
        if actions:
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return account.client("kms", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return make


def refused(code: str, function: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return str(caught.value.response["Error"]["Message"])


def create(kms: Any, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = kms.create_key(**more)["KeyMetadata"]
    return made


@pytest.mark.spec("kms-001")
def test_keys_are_regional_unless_they_are_replicated(account: Account, kms: Any) -> None:
    europe = account.client("kms", region_name="eu-west-1")
    single = create(kms)["KeyId"]
    refused("NotFoundException", europe.describe_key, KeyId=single)
    refused("NotFoundException", europe.encrypt, KeyId=single, Plaintext=b"x")
    everywhere = create(kms, MultiRegion=True)["KeyId"]
    assert everywhere.startswith("mrk-")
    kms.replicate_key(KeyId=everywhere, ReplicaRegion="eu-west-1")
    blob = kms.encrypt(KeyId=everywhere, Plaintext=b"x")["CiphertextBlob"]
    opened = europe.decrypt(CiphertextBlob=blob)
    assert opened["Plaintext"] == b"x"
    assert opened["KeyId"] == f"arn:aws:kms:eu-west-1:{account.number}:key/{everywhere}"


@pytest.mark.spec("kms-002")
def test_key_material_never_leaves(kms: Any) -> None:
    key = create(kms)["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    refused("UnsupportedOperationException", kms.get_public_key, KeyId=key)
    pair = create(kms, KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyId"]
    shown = kms.get_public_key(KeyId=pair)
    assert not {name for name in shown if "Private" in name or "Material" in name}
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
    outside = load_der_public_key(shown["PublicKey"]).encrypt(b"from outside", oaep)  # type: ignore[union-attr]
    algorithm = {"KeyId": pair, "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    assert kms.decrypt(**algorithm, CiphertextBlob=outside)["Plaintext"] == b"from outside"
    told = refused("ValidationException", kms.encrypt, **algorithm, Plaintext=bytes(191))
    assert told == "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes."
    refused("InvalidKeyUsageException", kms.generate_data_key, KeyId=pair, KeySpec="AES_256")


@pytest.mark.spec("kms-003")
def test_material_is_imported_expires_and_comes_back(still: Account) -> None:
    kms, now = still.client("kms"), still.running.cloud.clock.now
    key = create(kms, Origin="EXTERNAL")["KeyId"]
    refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
    secret = os.urandom(32)

    def bring(material: bytes, **more: Any) -> Any:
        asked = {"WrappingAlgorithm": "RSAES_OAEP_SHA_256", "WrappingKeySpec": "RSA_2048"}
        offer = kms.get_parameters_for_import(KeyId=key, **asked)
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        wrapped = load_der_public_key(offer["PublicKey"]).encrypt(material, oaep)  # type: ignore[union-attr]
        return kms.import_key_material(
            KeyId=key, ImportToken=offer["ImportToken"], EncryptedKeyMaterial=wrapped, **more
        )

    bring(secret, ExpirationModel="KEY_MATERIAL_EXPIRES", ValidTo=now() + DAY)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    still.running.advance(DAY + 1)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    told = refused("KMSInvalidStateException", kms.decrypt, CiphertextBlob=blob)
    assert told.endswith(" is pending import.")
    never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    with pytest.raises(kms.exceptions.IncorrectKeyMaterialException):
        bring(os.urandom(32), **never)
    bring(secret, **never)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    told = refused("UnsupportedOperationException", kms.enable_key_rotation, KeyId=key)
    assert told.endswith(" origin is EXTERNAL which is not valid for this operation.")


def test_new_material_for_a_rotation_comes_wrapped_with_aes(account: Account, kms: Any) -> None:
    key = create(kms, Origin="EXTERNAL")["KeyId"]
    asked = {"WrappingAlgorithm": "RSA_AES_KEY_WRAP_SHA_256", "WrappingKeySpec": "RSA_2048"}
    never = {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
    blobs = []
    for kind in ("NEW_KEY_MATERIAL", "NEW_KEY_MATERIAL"):
        offer = kms.get_parameters_for_import(KeyId=key, **asked)
        once = os.urandom(32)
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        wrapped = load_der_public_key(offer["PublicKey"]).encrypt(once, oaep)  # type: ignore[union-attr]
        wrapped += aes_key_wrap_with_padding(once, os.urandom(32))
        token = offer["ImportToken"]
        kms.import_key_material(KeyId=key, ImportToken=token, EncryptedKeyMaterial=wrapped, ImportType=kind, **never)
        if blobs:
            kms.rotate_key_on_demand(KeyId=key)
        blobs.append(kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"])
    opened = [kms.decrypt(CiphertextBlob=blob) for blob in blobs]
    assert [each["Plaintext"] for each in opened] == [b"x", b"x"]
    first, second = (each["KeyMaterialId"] for each in opened)
    kms.delete_imported_key_material(KeyId=key, KeyMaterialId=first)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    shown = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    states = [(each["KeyMaterialId"], each["KeyMaterialState"], each["ImportState"]) for each in shown]
    assert states == [(first, "NON_CURRENT", "PENDING_IMPORT"), (second, "CURRENT", "IMPORTED")]


@pytest.mark.spec("kms-004")
def test_the_fips_endpoint_answers(account: Account) -> None:
    session = account.session()
    client = session.client("kms", config=Config(use_fips_endpoint=True))
    asked: list[str] = []

    def redirect(request: Any, **_: Any) -> None:
        """Its name, at the address of this cloud."""
        asked.append(request.url)
        request.headers["Host"] = request.url.split("/")[2]
        request.url = account.running.endpoint + "/"

    client.meta.events.register("before-send.kms", redirect)
    assert client.list_keys()["Keys"] == []
    assert asked == ["https://kms-fips.us-east-1.amazonaws.com/"]


@pytest.mark.spec("kms-005", "kms-008")
def test_managed_keys_are_their_services_and_always_rotate(still: Account) -> None:
    kms, sqs = still.client("kms"), still.client("sqs")
    mine = create(kms)
    assert kms.list_aliases()["Aliases"] == []
    url = sqs.create_queue(QueueName="q", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (alias,) = kms.list_aliases()["Aliases"]
    assert alias["AliasName"] == "alias/aws/sqs"
    key = kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]
    assert (key["KeyId"], key["KeyManager"], mine["KeyManager"]) == (alias["TargetKeyId"], "AWS", "CUSTOMER")
    status = kms.get_key_rotation_status(KeyId=key["KeyId"])
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    refused("AccessDeniedException", kms.disable_key_rotation, KeyId=key["KeyId"])
    still.running.advance(365 * DAY)
    assert len(kms.list_key_rotations(KeyId=key["KeyId"])["Rotations"]) == 1


@pytest.mark.spec("kms-006")
def test_a_managed_key_appears_with_the_first_use(account: Account, kms: Any) -> None:
    s3 = account.client("s3")
    bucket = f"kms-{account.number}"
    s3.create_bucket(Bucket=bucket)
    assert kms.list_aliases()["Aliases"] == []
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    (alias,) = kms.list_aliases()["Aliases"]
    assert alias["AliasName"] == "alias/aws/s3"
    assert made["SSEKMSKeyId"].endswith(f":key/{alias['TargetKeyId']}")


@pytest.mark.spec("kms-007", "kms-009", "kms-010")
def test_rotation_replaces_the_material_and_nothing_else(still: Account) -> None:
    kms = still.client("kms")
    key = create(kms)["KeyId"]
    status = kms.get_key_rotation_status(KeyId=key)
    assert status["KeyRotationEnabled"] is False
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    (rotation,) = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert rotation["RotationType"] == "ON_DEMAND"
    kms.enable_key_rotation(KeyId=key)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 365)
    for days in (89, 2561):
        with pytest.raises((ParamValidationError, kms.exceptions.ClientError)):
            kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=days)
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    still.running.advance(90 * DAY)
    assert [each["RotationType"] for each in kms.list_key_rotations(KeyId=key)["Rotations"]] == [
        "ON_DEMAND",
        "AUTOMATIC",
    ]
    kms.disable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.spec("kms-011", "kms-012", "kms-013")
def test_aliases_lead_to_keys_and_blobs_name_theirs(kms: Any) -> None:
    one, two = create(kms), create(kms)
    kms.create_alias(AliasName="alias/x", TargetKeyId=one["KeyId"])
    first = kms.encrypt(KeyId="alias/x", Plaintext=b"x")
    assert first["KeyId"] == one["Arn"]
    with pytest.raises(ParamValidationError):
        kms.encrypt(Plaintext=b"x")
    kms.update_alias(AliasName="alias/x", TargetKeyId=two["KeyId"])
    assert kms.encrypt(KeyId="alias/x", Plaintext=b"x")["KeyId"] == two["Arn"]
    opened = kms.decrypt(CiphertextBlob=first["CiphertextBlob"])
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", one["Arn"])
    with pytest.raises(kms.exceptions.IncorrectKeyException):
        kms.decrypt(CiphertextBlob=first["CiphertextBlob"], KeyId=two["KeyId"])
    with pytest.raises(kms.exceptions.AlreadyExistsException):
        kms.create_alias(AliasName="alias/x", TargetKeyId=one["KeyId"])


@pytest.mark.spec("kms-014")
def test_four_kilobytes_and_no_more(kms: Any) -> None:
    key = create(kms)["KeyId"]
    kms.encrypt(KeyId=key, Plaintext=bytes(4096))
    refused("ValidationException", kms.encrypt, KeyId=key, Plaintext=bytes(4097))


@pytest.mark.spec("kms-015")
def test_the_command_line_encrypts_and_decrypts(account: Account, kms: Any, tmp_path: Path) -> None:
    kms.create_alias(AliasName="alias/x", TargetKeyId=create(kms)["KeyId"])
    plain, blob = tmp_path / "plain", tmp_path / "blob"
    plain.write_bytes(secret := os.urandom(100))

    def aws(*arguments: str) -> str:
        command = [sys.executable, "-m", "awscli", "kms", *arguments, "--output", "text"]
        environment = {**os.environ, **account.environment}
        return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout

    text = aws("encrypt", "--key-id", "alias/x", "--plaintext", f"fileb://{plain}", "--query", "CiphertextBlob")
    blob.write_bytes(base64.b64decode(text))
    text = aws("decrypt", "--ciphertext-blob", f"fileb://{blob}", "--query", "Plaintext")
    assert base64.b64decode(text) == secret


@pytest.mark.spec("kms-016")
def test_a_secret_moves_to_another_region_or_key(account: Account, kms: Any) -> None:
    europe = account.client("kms", region_name="eu-west-1")
    here, beside, there = create(kms), create(kms), create(europe)
    blob = kms.encrypt(KeyId=here["KeyId"], Plaintext=b"password")["CiphertextBlob"]
    plain = kms.decrypt(CiphertextBlob=blob)["Plaintext"]
    moved = europe.encrypt(KeyId=there["KeyId"], Plaintext=plain)["CiphertextBlob"]
    assert europe.decrypt(CiphertextBlob=moved)["Plaintext"] == b"password"
    again = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=beside["KeyId"])
    assert (again["SourceKeyId"], again["KeyId"]) == (here["Arn"], beside["Arn"])
    assert kms.decrypt(CiphertextBlob=again["CiphertextBlob"], KeyId=beside["KeyId"])["Plaintext"] == b"password"


@pytest.mark.spec("kms-017", "kms-018", "kms-019", "kms-020", "kms-021")
def test_an_envelope_seals_what_never_travels(kms: Any) -> None:
    key = create(kms)["KeyId"]
    sizes: list[int] = []
    kms.meta.events.register("before-send.kms", lambda request, **_: sizes.append(len(request.body)))
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert len(made["Plaintext"]) == 32
    payload, nonce = os.urandom(1_000_000), os.urandom(12)
    file = nonce + AESGCM(made["Plaintext"]).encrypt(nonce, payload, None)
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
    assert opened == made["Plaintext"]
    assert AESGCM(opened).decrypt(file[:12], file[12:], None) == payload
    hidden = kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_128")
    assert "Plaintext" not in hidden
    assert len(kms.decrypt(CiphertextBlob=hidden["CiphertextBlob"])["Plaintext"]) == 16
    assert len({kms.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"] for _ in range(5)}) == 5
    assert max(sizes) < 1_000
    assert not [name for name in dir(kms) if "list" in name and "data_key" in name]


HANDLER = """
import hashlib, os, boto3

def handler(event, context):
    here = os.path.dirname(__file__)
    blob, file = (open(os.path.join(here, name), "rb").read() for name in ("key", "secret"))
    key = boto3.client("kms").decrypt(CiphertextBlob=blob)["Plaintext"]
    stream = hashlib.shake_256(key).digest(len(file))
    plain = bytes(a ^ b for a, b in zip(file, stream))
    return {"length": len(plain), "end": plain[-4:].decode()}
"""


@pytest.mark.spec("kms-022")
def test_a_function_opens_a_sealed_file_of_its_package(account: Account, kms: Any) -> None:
    made = kms.generate_data_key(KeyId=create(kms)["KeyId"], KeySpec="AES_256")
    payload = os.urandom(1_200_000) + b"tail"
    stream = hashlib.shake_256(made["Plaintext"]).digest(len(payload))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        file.writestr("app.py", HANDLER)
        file.writestr("key", made["CiphertextBlob"])
        file.writestr("secret", bytes(a ^ b for a, b in zip(payload, stream, strict=True)))
    iam, functions = account.client("iam"), account.client("lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    document = {"Version": "2012-10-17"}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({**document, "Statement": [trust]}))
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps({**document, "Statement": [may]}))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    functions.create_function(
        FunctionName="f", Runtime=version, Handler="app.handler", Role=role["Role"]["Arn"], Timeout=20,
        Code={"ZipFile": package.getvalue()},
    )  # fmt: skip
    answer = json.loads(functions.invoke(FunctionName="f")["Payload"].read())
    assert answer == {"length": len(payload), "end": "tail"}
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    denied = functions.invoke(FunctionName="f")
    assert "AccessDeniedException" in denied["Payload"].read().decode()


@pytest.mark.spec("kms-023", "kms-026")
def test_encrypting_and_decrypting_are_two_permissions(account: Account, kms: Any, user: Callable[..., Any]) -> None:
    key = create(kms)
    only = user("only", "kms:Encrypt")
    blob = only.encrypt(KeyId=key["KeyId"], Plaintext=b"x")["CiphertextBlob"]
    refused("AccessDeniedException", only.decrypt, CiphertextBlob=blob)
    refused("AccessDeniedException", only.create_key)
    resource = f"arn:aws:kms:*:{account.number}:key/*"
    both = user("both", "kms:Encrypt", "kms:Decrypt", resource=resource)
    both.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    assert both.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


@pytest.mark.spec("kms-024", "kms-025")
def test_the_key_policy_is_the_root_of_trust(account: Account, kms: Any, user: Callable[..., Any]) -> None:
    key = create(kms)["KeyId"]
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    shown = kms.get_key_policy(KeyId=key, PolicyName="default")
    assert shown["PolicyName"] == "default"
    admin, friend = user("admin", "*"), user("friend")
    asked = {"KeyId": key, "Plaintext": b"x"}
    admin.encrypt(**asked)
    arn = f"arn:aws:iam::{account.number}:user/friend"
    statement = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    refused("MalformedPolicyDocumentException", kms.put_key_policy, KeyId=key, Policy=policy)
    kms.put_key_policy(KeyId=key, Policy=policy, BypassPolicyLockoutSafetyCheck=True)
    refused("AccessDeniedException", admin.encrypt, **asked)
    refused("AccessDeniedException", kms.encrypt, **asked)
    friend.put_key_policy(KeyId=key, Policy=shown["Policy"], BypassPolicyLockoutSafetyCheck=True)
    admin.encrypt(**asked)


@pytest.mark.spec("sqs-051")
@pytest.mark.parametrize("is_fifo", [False, True], ids=["standard", "fifo"])
def test_a_queue_s_messages_are_sealed_under_a_key(account: Account, kms: Any, is_fifo: bool) -> None:
    sqs, iam = account.client("sqs"), account.client("iam")
    name, more = ("q.fifo", {"FifoQueue": "true"}) if is_fifo else ("q", {})
    to = {"MessageGroupId": "g", "MessageDeduplicationId": "1"} if is_fifo else {}
    url = sqs.create_queue(QueueName=name, Attributes={"KmsMasterKeyId": "alias/aws/sqs", **more})["QueueUrl"]
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (shown["KmsMasterKeyId"], shown["SqsManagedSseEnabled"]) == ("alias/aws/sqs", "false")
    sqs.send_message(QueueUrl=url, MessageBody="managed", **to)
    message = sqs.receive_message(QueueUrl=url)["Messages"][0]
    assert message["Body"] == "managed"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    iam.create_user(UserName="sender")
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="sender", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="sender")["AccessKey"]
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": create(kms)["KeyId"]})
    to = {**to, "MessageDeduplicationId": "2"} if is_fifo else {}
    sender = account.client("sqs", **keys)
    told = refused("KMS.AccessDeniedException", sender.send_message, QueueUrl=url, MessageBody="x", **to)
    assert "kms:GenerateDataKey" in told
    may = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement, may]})
    iam.put_user_policy(UserName="sender", PolicyName="p", PolicyDocument=policy)
    sender.send_message(QueueUrl=url, MessageBody="x", **to)
    assert sender.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "x"
