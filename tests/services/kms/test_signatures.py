"""Key pairs that are quick to make: signatures that others can verify, shared secrets, MACs."""

import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, mldsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from skyjar.kernel.errors import NotImplementedHere

from .test_keys import create, refused

CURVES = {
    "ECC_NIST_P256": ("ECDSA_SHA_256", hashes.SHA256()),
    "ECC_NIST_P384": ("ECDSA_SHA_384", hashes.SHA384()),
    "ECC_NIST_P521": ("ECDSA_SHA_512", hashes.SHA512()),
    "ECC_SECG_P256K1": ("ECDSA_SHA_256", hashes.SHA256()),
}


@pytest.mark.parametrize("spec", CURVES)
def test_others_verify_what_an_elliptic_key_signs(kms: Any, spec: str) -> None:
    algorithm, digest = CURVES[spec]
    key = create(kms, key_spec=spec, key_usage="SIGN_VERIFY")["KeyId"]
    asked = {"key_id": key, "signing_algorithm": algorithm}
    public = load_der_public_key(kms.get_public_key(key_id=key)["PublicKey"])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    hashed = hashlib.new(digest.name, b"message").digest()
    for message, kind in ((b"message", "RAW"), (hashed, "DIGEST")):
        signature = kms.sign(**asked, message=message, message_type=kind)["Signature"]
        public.verify(signature, b"message", ec.ECDSA(digest))
        assert kms.verify(**asked, message=b"message", signature=signature)["SignatureValid"]
        refused("KMSInvalidSignatureException", kms.verify, **asked, message=b"other", signature=signature)
    told = refused("ValidationException", kms.sign, **asked, message=b"short", message_type="DIGEST")
    assert told == f"Digest is invalid length for algorithm {algorithm}."


def test_an_edwards_key_signs_whole_messages(kms: Any) -> None:
    key = create(kms, key_spec="ECC_NIST_EDWARDS25519", key_usage="SIGN_VERIFY")["KeyId"]
    asked = {"key_id": key, "signing_algorithm": "ED25519_SHA_512", "message": b"message"}
    signature = kms.sign(**asked)["Signature"]
    load_der_public_key(kms.get_public_key(key_id=key)["PublicKey"]).verify(signature, b"message")  # type: ignore[union-attr, call-arg]
    refused("ValidationException", kms.sign, **asked, message_type="DIGEST")
    with pytest.raises(NotImplementedHere, match="ED25519_PH_SHA_512"):
        kms.sign(**asked | {"signing_algorithm": "ED25519_PH_SHA_512"})


def test_a_lattice_key_signs_messages_and_their_representatives(kms: Any) -> None:
    key = create(kms, key_spec="ML_DSA_44", key_usage="SIGN_VERIFY")["KeyId"]
    asked = {"key_id": key, "signing_algorithm": "ML_DSA_SHAKE_256"}
    public = load_der_public_key(kms.get_public_key(key_id=key)["PublicKey"])
    assert isinstance(public, mldsa.MLDSA44PublicKey)
    hasher = mldsa.MLDSAMuHasher(public)
    hasher.update(b"message")
    signature = kms.sign(**asked, message=hasher.finalize(), message_type="EXTERNAL_MU")["Signature"]
    public.verify(signature, b"message")
    assert kms.verify(**asked, message=b"message", signature=signature)["SignatureValid"]
    refused("ValidationException", kms.sign, **asked, message=b"x", message_type="EXTERNAL_MU")


def test_two_parties_derive_the_same_secret(kms: Any) -> None:
    key = create(kms, key_spec="ECC_NIST_P384", key_usage="KEY_AGREEMENT")["KeyId"]
    mine = ec.generate_private_key(ec.SECP384R1())
    public = mine.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    asked = {"key_id": key, "key_agreement_algorithm": "ECDH"}
    theirs = load_der_public_key(kms.get_public_key(key_id=key)["PublicKey"])
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    assert kms.derive_shared_secret(**asked, public_key=public)["SharedSecret"] == mine.exchange(ec.ECDH(), theirs)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    wrong = other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    refused("ValidationException", kms.derive_shared_secret, **asked, public_key=wrong)
    refused("ValidationException", kms.derive_shared_secret, **asked, public_key=b"junk")


def test_a_secret_that_is_encapsulated_comes_out_again(kms: Any) -> None:
    key = create(kms, key_spec="ML_KEM_768", key_usage="ENCAPSULATE_DECAPSULATE")["KeyId"]
    asked = {"key_id": key, "encapsulation_algorithm": "ML_KEM"}
    made = kms.encapsulate(**asked)
    blob = made["SharedSecretCiphertextBlob"]
    assert kms.decapsulate(**asked, shared_secret_ciphertext_blob=blob)["SharedSecret"] == made["SharedSecret"]
    refused("InvalidCiphertextException", kms.decapsulate, **asked, shared_secret_ciphertext_blob=b"short")


def test_macs_are_told_from_forged_ones(kms: Any) -> None:
    key = create(kms, key_spec="HMAC_384", key_usage="GENERATE_VERIFY_MAC")["KeyId"]
    asked = {"key_id": key, "mac_algorithm": "HMAC_SHA_384", "message": b"message"}
    mac = kms.generate_mac(**asked)["Mac"]
    assert len(mac) == 48
    assert mac != hmac.new(b"", b"message", "sha384").digest()
    assert kms.verify_mac(**asked, mac=mac)["MacValid"]
    refused("KMSInvalidMacException", kms.verify_mac, **asked, mac=bytes(48))
