"""Rotation on the clock and on demand: what is new, what stays."""

from typing import Any

from .test_keys import DAY, create, refused


def test_a_key_is_rotated_every_period_and_still_reads_what_it_wrote(desk: Any, kms: Any) -> None:
    key = create(kms)
    where = {"key_id": key["KeyId"]}
    assert kms.get_key_rotation_status(**where) == {"KeyId": key["KeyId"], "KeyRotationEnabled": False}
    kms.enable_key_rotation(**where, rotation_period_in_days=90)
    status = kms.get_key_rotation_status(**where)
    assert (status["RotationPeriodInDays"], status["NextRotationDate"]) == (90, desk.clock.now() + 90 * DAY)
    blobs = [kms.encrypt(**where, plaintext=b"0")["CiphertextBlob"]]
    for turn in (b"1", b"2"):
        desk.advance(90 * DAY)
        blobs.append(kms.encrypt(**where, plaintext=turn)["CiphertextBlob"])
    opened = [kms.decrypt(ciphertext_blob=blob) for blob in blobs]
    assert [each["Plaintext"] for each in opened] == [b"0", b"1", b"2"]
    assert len({each["KeyMaterialId"] for each in opened}) == 3
    rotations = kms.list_key_rotations(**where)["Rotations"]
    assert [each["RotationType"] for each in rotations] == ["AUTOMATIC", "AUTOMATIC"]
    everything = kms.list_key_rotations(**where, include_key_material="ALL_KEY_MATERIAL")["Rotations"]
    assert [each["KeyMaterialState"] for each in everything] == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]


def test_a_disabled_key_catches_up_when_it_is_enabled(desk: Any, kms: Any) -> None:
    where = {"key_id": create(kms)["KeyId"]}
    kms.enable_key_rotation(**where)
    kms.disable_key(**where)
    desk.advance(400 * DAY)
    assert kms.list_key_rotations(**where)["Rotations"] == []
    kms.enable_key(**where)
    assert len(kms.list_key_rotations(**where)["Rotations"]) == 1
    assert kms.get_key_rotation_status(**where)["NextRotationDate"] == desk.clock.now() + 365 * DAY


def test_rotation_on_demand_is_limited_and_leaves_the_schedule(desk: Any, kms: Any) -> None:
    where = {"key_id": create(kms)["KeyId"]}
    kms.enable_key_rotation(**where)
    due = kms.get_key_rotation_status(**where)["NextRotationDate"]
    for _ in range(25):
        kms.rotate_key_on_demand(**where)
    refused("LimitExceededException", kms.rotate_key_on_demand, **where)
    assert kms.get_key_rotation_status(**where)["NextRotationDate"] == due
    kms.disable_key_rotation(**where)
    desk.advance(366 * DAY)
    assert len(kms.list_key_rotations(**where)["Rotations"]) == 25


def test_only_symmetric_keys_of_kms_rotate(kms: Any) -> None:
    mac = create(kms, key_spec="HMAC_256", key_usage="GENERATE_VERIFY_MAC")["KeyId"]
    for rotate in (kms.enable_key_rotation, kms.rotate_key_on_demand, kms.get_key_rotation_status):
        refused("UnsupportedOperationException", rotate, key_id=mac)
    imported = create(kms, origin="EXTERNAL")
    told = refused("UnsupportedOperationException", kms.enable_key_rotation, key_id=imported["KeyId"])
    assert told == f"{imported['Arn']} origin is EXTERNAL which is not valid for this operation."
