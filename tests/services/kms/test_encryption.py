"""Encrypting, decrypting, data keys: what a ciphertext is bound to."""

from typing import Any

import pytest

from skyjar.kernel.errors import AWSError

from .test_keys import create, refused


def test_a_ciphertext_is_bound_to_its_context_and_whole(kms: Any) -> None:
    key = create(kms)["KeyId"]
    blob = kms.encrypt(key_id=key, plaintext=b"x", encryption_context={"a": "1", "b": "2"})["CiphertextBlob"]
    again = kms.decrypt(ciphertext_blob=blob, encryption_context={"b": "2", "a": "1"})
    assert again["Plaintext"] == b"x"
    for context in ({}, {"a": "1"}, {"a": "1", "b": "3"}, {"A": "1", "b": "2"}, {"a": "1b", "": "2"}):
        assert not refused("InvalidCiphertextException", kms.decrypt, ciphertext_blob=blob, encryption_context=context)
    for place in (2, 10, 40, 60, 90, len(blob) - 1):
        bent = blob[:place] + bytes((blob[place] ^ 1,)) + blob[place + 1 :]
        with pytest.raises(AWSError) as caught:
            kms.decrypt(ciphertext_blob=bent, encryption_context={"a": "1", "b": "2"})
        assert caught.value.code in ("InvalidCiphertextException", "AccessDeniedException")
    for cut in range(len(blob)):
        with pytest.raises(AWSError):
            kms.decrypt(ciphertext_blob=blob[:cut] or b"\0", encryption_context={"a": "1", "b": "2"})


def test_the_same_plaintext_never_looks_the_same(kms: Any) -> None:
    key = create(kms)["KeyId"]
    assert len({kms.encrypt(key_id=key, plaintext=b"x")["CiphertextBlob"] for _ in range(20)}) == 20


def test_re_encrypting_changes_key_and_context(kms: Any) -> None:
    one, two = create(kms), create(kms)
    blob = kms.encrypt(key_id=one["KeyId"], plaintext=b"x", encryption_context={"a": "1"})["CiphertextBlob"]
    moved = kms.re_encrypt(
        ciphertext_blob=blob,
        source_encryption_context={"a": "1"},
        destination_key_id=two["KeyId"],
        destination_encryption_context={"b": "2"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (one["Arn"], two["Arn"])
    kms.disable_key(key_id=one["KeyId"])
    found = kms.decrypt(ciphertext_blob=moved["CiphertextBlob"], encryption_context={"b": "2"})
    assert (found["Plaintext"], found["KeyId"]) == (b"x", two["Arn"])


def test_the_wrong_key_is_told(kms: Any) -> None:
    one, two = create(kms), create(kms)
    blob = kms.encrypt(key_id=one["KeyId"], plaintext=b"x")["CiphertextBlob"]
    refused("IncorrectKeyException", kms.decrypt, ciphertext_blob=blob, key_id=two["KeyId"])
    mac = create(kms, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    refused("IncorrectKeyException", kms.decrypt, ciphertext_blob=blob, key_id=mac["KeyId"])
    kms.decrypt(ciphertext_blob=blob, key_id=one["Arn"])


def test_data_keys_have_the_length_asked_for(kms: Any) -> None:
    key = create(kms)["KeyId"]
    for asked, length in (({"key_spec": "AES_128"}, 16), ({"key_spec": "AES_256"}, 32), ({"number_of_bytes": 7}, 7)):
        made = kms.generate_data_key(key_id=key, **asked)
        assert len(made["Plaintext"]) == length
        assert kms.decrypt(ciphertext_blob=made["CiphertextBlob"])["Plaintext"] == made["Plaintext"]
        hidden = kms.generate_data_key_without_plaintext(key_id=key, **asked)
        assert "Plaintext" not in hidden
        assert len(kms.decrypt(ciphertext_blob=hidden["CiphertextBlob"])["Plaintext"]) == length
    sentence = "Please specify either number of bytes or key spec."
    assert refused("ValidationException", kms.generate_data_key, key_id=key) == sentence
    both = {"key_spec": "AES_128", "number_of_bytes": 16}
    assert refused("ValidationException", kms.generate_data_key, key_id=key, **both) == sentence


def test_keys_serve_only_what_they_are_for(kms: Any) -> None:
    mac = create(kms, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")
    told = refused("InvalidKeyUsageException", kms.encrypt, key_id=mac["KeyId"], plaintext=b"x")
    assert told == f"{mac['Arn']} key usage is GENERATE_VERIFY_MAC which is not valid for Encrypt."
    wrong = {"key_id": mac["KeyId"], "message": b"x", "mac_algorithm": "HMAC_SHA_512"}
    told = refused("InvalidKeyUsageException", kms.generate_mac, **wrong)
    assert told == "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256."
    refused("UnsupportedOperationException", kms.get_public_key, key_id=mac["KeyId"])
