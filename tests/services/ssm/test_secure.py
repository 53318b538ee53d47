"""SecureString: what is stored, under which key, and who reads it."""

from typing import Any

import msgspec
import pytest

from skyjar.kernel.tables import Place
from skyjar.services.ssm import state

from .test_parameters import code, put


def read(desk: Any, name: str, opens: bool = True) -> str:
    found: str = desk.ask("ssm").get_parameter(name=name, with_decryption=opens)["Parameter"]["Value"]
    return found


def test_the_value_is_encrypted_under_the_managed_key(desk: Any) -> None:
    put(desk, "/a", "secret", type="SecureString")
    assert desk.ask("kms").describe_key(key_id="alias/aws/ssm")["KeyMetadata"]["KeyManager"] == "AWS"
    sealed = read(desk, "/a", opens=False)
    assert "secret" not in sealed
    assert read(desk, "/a") == "secret"
    put(desk, "/a", "other", type="", overwrite=True)
    history = desk.ask("ssm").get_parameter_history(name="/a", with_decryption=True)["Parameters"]
    assert [(each["Value"], each["KeyId"]) for each in history] == [
        ("secret", "alias/aws/ssm"),
        ("other", "alias/aws/ssm"),
    ]
    held = desk.store.transact(lambda tx: state.parameters.get(Place(tx, desk.account, desk.region), "/a"))
    assert "other" not in held.value
    by_path = desk.ask("ssm").get_parameters_by_path(path="/", with_decryption=True)["Parameters"]
    assert [each["Value"] for each in by_path] == ["other"]


def test_a_value_is_bound_to_its_parameter(desk: Any) -> None:
    key = desk.ask("kms").create_key()["KeyMetadata"]["KeyId"]
    put(desk, "/a", "1", type="SecureString", key_id=key)
    put(desk, "/b", "2", type="SecureString", key_id=key)

    def swap(tx: Any) -> None:
        at = Place(tx, desk.account, desk.region)
        a, b = (state.parameters.get(at, name) for name in ("/a", "/b"))
        state.parameters.put(at, state.replace(a, value=b.value))

    desk.store.transact(swap)
    assert code(read, desk, "/a") == "InvalidKeyId"


def test_an_advanced_value_is_longer_than_kms_takes(desk: Any) -> None:
    put(desk, "/a", "x" * 5_000, type="SecureString", tier="Advanced")
    assert read(desk, "/a") == "x" * 5_000
    assert "xxx" not in read(desk, "/a", opens=False)


@pytest.mark.parametrize("key", ["alias/none", "disabled"])
def test_keys_that_cannot_be_used(desk: Any, key: str) -> None:
    kms = desk.ask("kms")
    if key == "disabled":
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.disable_key(key_id=key)
    assert code(put, desk, "/a", type="SecureString", key_id=key) == "InvalidKeyId"


def test_parameters_are_found_by_their_key(desk: Any) -> None:
    put(desk, "/a", type="SecureString")
    put(desk, "/b")
    found = desk.ask("ssm").describe_parameters(parameter_filters=[{"Key": "KeyId", "Values": ["alias/aws/ssm"]}])
    assert [(each["Name"], each["KeyId"]) for each in found["Parameters"]] == [("/a", "alias/aws/ssm")]
    assert code(put, desk, "/c", key_id="alias/aws/ssm") == "ValidationException"


def test_a_parameter_stored_before_there_were_keys_is_read(desk: Any) -> None:
    before = ["/a", 1, "x", "String", 1.0, "arn", "Standard", "text", "", "", [], {"tag": "1"}]
    found = state.parameters.load(b"\x01" + msgspec.msgpack.encode(before))
    assert (found.key_id, found.tags, found.labels, found.policies) == ("", {"tag": "1"}, (), ())
    later = state.parameters.load(b"\x02" + msgspec.msgpack.encode([*before[:11], "key", before[11]]))
    assert (later.key_id, later.tags, later.policies) == ("key", {"tag": "1"}, ())
