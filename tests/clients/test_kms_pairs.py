"""Key pairs of KMS with boto3, checked against the ciphers of somebody else."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from skyjar.testing.running import Account

pytestmark = pytest.mark.client

HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}


@pytest.fixture
def kms(account: Account) -> Any:
    return account.client("kms")


def test_rsa_signatures_are_everybody_s(kms: Any) -> None:
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    key = made["KeyId"]
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    assert len(made["SigningAlgorithms"]) == 6
    for algorithm in made["SigningAlgorithms"]:
        digest = HASHES[algorithm.rpartition("_")[2]]
        pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
        scheme = pss if "PSS" in algorithm else padding.PKCS1v15()
        asked = {"KeyId": key, "SigningAlgorithm": algorithm}
        whole = kms.sign(**asked, Message=b"message")["Signature"]
        public.verify(whole, b"message", scheme, digest)
        hashed = hashlib.new(digest.name, b"message").digest()
        signature = kms.sign(**asked, Message=hashed, MessageType="DIGEST")["Signature"]
        public.verify(signature, hashed, scheme, utils.Prehashed(digest))
        assert kms.verify(**asked, Message=b"message", Signature=signature)["SignatureValid"]
        with pytest.raises(kms.exceptions.KMSInvalidSignatureException):
            kms.verify(**asked, Message=b"other", Signature=signature)
    with pytest.raises(kms.exceptions.InvalidKeyUsageException, match="incompatible with key spec RSA_2048"):
        kms.sign(KeyId=key, Message=b"x", SigningAlgorithm="ECDSA_SHA_256")
    with pytest.raises(kms.exceptions.InvalidKeyUsageException, match="not valid for Encrypt"):
        kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionAlgorithm="RSAES_OAEP_SHA_256")


@pytest.mark.parametrize("spec", ["RSA_2048", "ECC_NIST_P256", "ECC_NIST_EDWARDS25519"])
def test_data_key_pairs_are_made_and_sealed(kms: Any, spec: str) -> None:
    key = kms.create_key()["KeyMetadata"]
    context = {"for": "you"}
    asked = {"KeyId": key["KeyId"], "KeyPairSpec": spec, "EncryptionContext": context}
    made = kms.generate_data_key_pair(**asked)
    assert (made["KeyId"], made["KeyPairSpec"]) == (key["Arn"], spec)
    private = load_der_private_key(made["PrivateKeyPlaintext"], None)
    assert private.public_key() == load_der_public_key(made["PublicKey"])
    sealed = {"CiphertextBlob": made["PrivateKeyCiphertextBlob"], "EncryptionContext": context}
    assert kms.decrypt(**sealed)["Plaintext"] == made["PrivateKeyPlaintext"]
    hidden = kms.generate_data_key_pair_without_plaintext(**asked)
    assert "PrivateKeyPlaintext" not in hidden
    sealed["CiphertextBlob"] = hidden["PrivateKeyCiphertextBlob"]
    opened = load_der_private_key(kms.decrypt(**sealed)["Plaintext"], None)
    assert opened.public_key() == load_der_public_key(hidden["PublicKey"])


def test_a_grant_opens_a_key_to_a_role_for_a_while(account: Account, kms: Any) -> None:
    iam, sts = account.client("iam"), account.client("sts")
    me = f"arn:aws:iam::{account.number}:root"
    trust = {"Effect": "Allow", "Principal": {"AWS": me}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    held = sts.assume_role(RoleArn=role, RoleSessionName="job")["Credentials"]
    worker = account.client(
        "kms",
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
        aws_session_token=held["SessionToken"],
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    asked = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"job": "1"}}
    with pytest.raises(kms.exceptions.ClientError, match="AccessDeniedException"):
        worker.generate_data_key(**asked)
    made = kms.create_grant(
        KeyId=key,
        GranteePrincipal=role,
        RetiringPrincipal=me,
        Operations=["GenerateDataKey", "Decrypt"],
        Constraints={"EncryptionContextSubset": {"job": "1"}},
        Name="job-1",
    )
    sealed = worker.generate_data_key(**asked, GrantTokens=[made["GrantToken"]])
    opened = worker.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"job": "1"})
    assert opened["Plaintext"] == sealed["Plaintext"]
    with pytest.raises(kms.exceptions.ClientError, match="AccessDeniedException"):
        worker.generate_data_key(**{**asked, "EncryptionContext": {"job": "2"}})
    (shown,) = kms.list_grants(KeyId=key)["Grants"]
    assert (shown["GrantId"], shown["GranteePrincipal"], shown["Name"]) == (made["GrantId"], role, "job-1")
    assert kms.list_retirable_grants(RetiringPrincipal=me)["Grants"] == [shown]
    kms.retire_grant(GrantToken=made["GrantToken"])
    with pytest.raises(kms.exceptions.ClientError, match="AccessDeniedException"):
        worker.generate_data_key(**asked)


def test_what_is_not_there_is_refused_by_name(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    recipient = {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": b"x"}
    for name, function, asked in (
        ("CreateCustomKeyStore", kms.create_custom_key_store, {"CustomKeyStoreName": "s"}),
        ("Recipient", kms.generate_data_key, {"KeyId": key, "KeySpec": "AES_256", "Recipient": recipient}),
        ("ML_KEM_512", kms.create_key, {"KeySpec": "ML_KEM_512", "KeyUsage": "ENCAPSULATE_DECAPSULATE"}),
        ("CustomKeyStoreId", kms.create_key, {"CustomKeyStoreId": "cks-1234567890abcdef0"}),
    ):
        with pytest.raises(kms.exceptions.ClientError, match="NotImplemented") as caught:
            function(**asked)
        assert name in str(caught.value)
