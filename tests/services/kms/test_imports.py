"""Imported material: tokens, wrapping, expiry, deletion."""

import os
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from skyjar.kernel.store import Transaction
from skyjar.services.kms import key_pairs, state

from .test_keys import DAY, create, refused

NEVER = {"expiration_model": "KEY_MATERIAL_DOES_NOT_EXPIRE"}


class Importing:
    """Offers made by hand, so that no RSA key has to be made for each."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.private = rsa.generate_private_key(65537, 2048)

    def offer(self, key: str, region: str = "") -> bytes:
        """As GetParametersForImport does, which makes its RSA key outside of the transaction."""

        def add(tx: Transaction) -> bytes:
            call = self.desk.call(tx)
            call.region = region or call.region
            made = state.Wrapping(
                key_id=key,
                token=call.chance.hex(64),
                algorithm="RSAES_OAEP_SHA_256",
                secret=key_pairs.encoded(self.private),
                expires_at=call.now + DAY,
            )
            state.wrappings.add(call, made)
            return made.token.encode()

        found: bytes = self.desk.store.transact(add)
        return found

    def wrap(self, material: bytes) -> bytes:
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        return self.private.public_key().encrypt(material, oaep)

    def bring(self, key: str, material: bytes, region: str = "", **more: Any) -> Any:
        kms = self.desk.ask("kms", region=region or None)
        given = {"key_id": key, "import_token": self.offer(key, region), "encrypted_key_material": self.wrap(material)}
        return kms.import_key_material(**given, **(more or NEVER))


@pytest.fixture
def importing(desk: Any) -> Importing:
    return Importing(desk)


def test_material_expires_on_the_clock(desk: Any, kms: Any, importing: Importing) -> None:
    key, material = create(kms, origin="EXTERNAL")["KeyId"], os.urandom(32)
    importing.bring(key, material, valid_to=desk.clock.now() + DAY)
    assert kms.describe_key(key_id=key)["KeyMetadata"]["ValidTo"] == desk.clock.now() + DAY
    blob = kms.encrypt(key_id=key, plaintext=b"x")["CiphertextBlob"]
    desk.advance(DAY)
    shown = kms.describe_key(key_id=key)["KeyMetadata"]
    assert (shown["KeyState"], "ExpirationModel" in shown) == ("PendingImport", False)
    refused("KMSInvalidStateException", kms.decrypt, ciphertext_blob=blob)
    refused("IncorrectKeyMaterialException", importing.bring, key=key, material=os.urandom(32))
    importing.bring(key, material)
    assert kms.decrypt(ciphertext_blob=blob)["Plaintext"] == b"x"


def test_ends_must_be_given_and_near(desk: Any, kms: Any, importing: Importing) -> None:
    key, material = create(kms, origin="EXTERNAL")["KeyId"], os.urandom(32)
    now = desk.clock.now()
    for more in (
        {"expiration_model": "KEY_MATERIAL_EXPIRES"},
        {"valid_to": now},
        {"valid_to": now + 366 * DAY},
        {**NEVER, "valid_to": now + DAY},
    ):
        refused("ValidationException", importing.bring, key=key, material=material, **more)


def test_tokens_are_of_one_key_and_end(desk: Any, kms: Any, importing: Importing) -> None:
    key, other = (create(kms, origin="EXTERNAL")["KeyId"] for _ in range(2))
    asked = {"key_id": key, "encrypted_key_material": importing.wrap(os.urandom(32)), **NEVER}
    refused("InvalidImportTokenException", kms.import_key_material, **asked, import_token=importing.offer(other))
    refused("InvalidImportTokenException", kms.import_key_material, **asked, import_token=b"\xff")
    token = importing.offer(key)
    junk = {**asked, "encrypted_key_material": b"junk"}
    refused("InvalidCiphertextException", kms.import_key_material, **junk, import_token=token)
    desk.advance(DAY)
    refused("ExpiredImportTokenException", kms.import_key_material, **asked, import_token=token)
    ours = create(kms)["KeyId"]
    told = refused("UnsupportedOperationException", importing.bring, key=ours, material=os.urandom(32))
    assert "origin is AWS_KMS" in told


def test_material_must_be_what_the_key_is_for(kms: Any, importing: Importing) -> None:
    key = create(kms, origin="EXTERNAL")["KeyId"]
    refused("IncorrectKeyMaterialException", importing.bring, key=key, material=os.urandom(16))
    pair = create(kms, origin="EXTERNAL", key_spec="ECC_NIST_P256", key_usage="SIGN_VERIFY")["KeyId"]
    encoding = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    wrong = ec.generate_private_key(ec.SECP256K1()).private_bytes(*encoding)
    refused("IncorrectKeyMaterialException", importing.bring, key=pair, material=wrong)
    mine = ec.generate_private_key(ec.SECP256R1())
    importing.bring(pair, mine.private_bytes(*encoding))
    signed = kms.sign(key_id=pair, message=b"m", signing_algorithm="ECDSA_SHA_256")["Signature"]
    mine.public_key().verify(signed, b"m", ec.ECDSA(hashes.SHA256()))


def test_new_material_reaches_every_region_before_it_is_rotated_in(desk: Any, kms: Any, importing: Importing) -> None:
    europe, where = desk.ask("kms", region="eu-west-1"), {}
    key = create(kms, origin="EXTERNAL", multi_region=True)["KeyId"]
    where = {"key_id": key}
    first, second = os.urandom(32), os.urandom(32)
    importing.bring(key, first)
    kms.replicate_key(**where, replica_region="eu-west-1")
    assert europe.describe_key(**where)["KeyMetadata"]["KeyState"] == "PendingImport"
    importing.bring(key, first, "eu-west-1")
    old = kms.encrypt(**where, plaintext=b"old")["CiphertextBlob"]
    importing.bring(key, second, import_type="NEW_KEY_MATERIAL", **NEVER)

    def states(asked: Any) -> list[str]:
        shown = asked.list_key_rotations(**where, include_key_material="ALL_KEY_MATERIAL")["Rotations"]
        return [each["KeyMaterialState"] for each in shown]

    assert states(kms) == ["CURRENT", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]
    refused("KMSInvalidStateException", kms.rotate_key_on_demand, **where)
    new = {"key": key, "material": os.urandom(32), "region": "eu-west-1", "import_type": "NEW_KEY_MATERIAL", **NEVER}
    refused("UnsupportedOperationException", importing.bring, **new)
    importing.bring(key, second, "eu-west-1")
    assert states(kms) == ["CURRENT", "PENDING_ROTATION"]
    kms.rotate_key_on_demand(**where)
    assert states(kms) == states(europe) == ["NON_CURRENT", "CURRENT"]
    fresh = kms.encrypt(**where, plaintext=b"new")["CiphertextBlob"]
    assert [europe.decrypt(ciphertext_blob=blob)["Plaintext"] for blob in (old, fresh)] == [b"old", b"new"]


def test_deleted_material_makes_the_key_wait_for_it(kms: Any, importing: Importing) -> None:
    key, material = create(kms, origin="EXTERNAL")["KeyId"], os.urandom(32)
    importing.bring(key, material)
    kms.delete_imported_key_material(key_id=key)
    assert kms.describe_key(key_id=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    kms.schedule_key_deletion(key_id=key)
    kms.cancel_key_deletion(key_id=key)
    assert kms.describe_key(key_id=key)["KeyMetadata"]["KeyState"] == "PendingImport"
    importing.bring(key, material)
    assert kms.describe_key(key_id=key)["KeyMetadata"]["KeyState"] == "Enabled"
