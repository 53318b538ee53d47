"""Multi-Region keys."""

from typing import Any

import pytest

from .test_keys import DAY, create, refused


@pytest.fixture
def europe(desk: Any) -> Any:
    return desk.ask("kms", region="eu-west-1")


def test_a_replica_reads_what_its_primary_wrote_also_after_a_rotation(kms: Any, europe: Any) -> None:
    key = create(kms, multi_region=True)
    where = {"key_id": key["KeyId"]}
    assert key["KeyId"].startswith("mrk-")
    refused("NotFoundException", europe.describe_key, **where)
    made = kms.replicate_key(**where, replica_region="eu-west-1", description="there")["ReplicaKeyMetadata"]
    assert (made["MultiRegionConfiguration"]["MultiRegionKeyType"], made["KeyState"]) == ("REPLICA", "Creating")
    refused("AlreadyExistsException", kms.replicate_key, **where, replica_region="eu-west-1")
    kms.rotate_key_on_demand(**where)
    blob = kms.encrypt(**where, plaintext=b"x")["CiphertextBlob"]
    opened = europe.decrypt(ciphertext_blob=blob)
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", made["Arn"])
    for rotate in (europe.rotate_key_on_demand, europe.enable_key_rotation):
        refused("UnsupportedOperationException", rotate, **where)
    assert not europe.get_key_rotation_status(**where)["KeyRotationEnabled"]
    kms.enable_key_rotation(**where)
    assert europe.get_key_rotation_status(**where)["KeyRotationEnabled"]


def test_the_primary_moves_with_its_rotation(desk: Any, kms: Any, europe: Any) -> None:
    where = {"key_id": create(kms, multi_region=True)["KeyId"]}
    kms.enable_key_rotation(**where)
    refused("NotFoundException", kms.update_primary_region, **where, primary_region="eu-west-1")
    kms.replicate_key(**where, replica_region="eu-west-1")
    kms.update_primary_region(**where, primary_region="eu-west-1")
    refused("UnsupportedOperationException", kms.replicate_key, **where, replica_region="us-west-2")
    shown = kms.describe_key(**where)["KeyMetadata"]["MultiRegionConfiguration"]
    assert (shown["MultiRegionKeyType"], shown["PrimaryKey"]["Region"]) == ("REPLICA", "eu-west-1")
    desk.advance(365 * DAY)
    assert len(kms.list_key_rotations(**where)["Rotations"]) == 1
    assert europe.get_key_rotation_status(**where)["NextRotationDate"] == desk.clock.now() + 365 * DAY


def test_a_primary_waits_for_its_replicas_to_be_deleted(desk: Any, kms: Any, europe: Any) -> None:
    where = {"key_id": create(kms, multi_region=True)["KeyId"]}
    kms.replicate_key(**where, replica_region="eu-west-1")
    shown = kms.schedule_key_deletion(**where, pending_window_in_days=7)
    assert shown["KeyState"] == "PendingReplicaDeletion"
    desk.advance(30 * DAY)
    told = refused("KMSInvalidStateException", kms.encrypt, **where, plaintext=b"x")
    assert told.endswith(" is pending replica deletion.")
    europe.schedule_key_deletion(**where, pending_window_in_days=8)
    desk.advance(8 * DAY)
    refused("NotFoundException", europe.describe_key, **where)
    assert kms.describe_key(**where)["KeyMetadata"]["DeletionDate"] == desk.clock.now() + 7 * DAY
    desk.advance(7 * DAY)
    refused("NotFoundException", kms.describe_key, **where)


def test_single_region_keys_stay_where_they_are(kms: Any, europe: Any) -> None:
    key = create(kms)
    refused("UnsupportedOperationException", kms.replicate_key, key_id=key["KeyId"], replica_region="eu-west-1")
    blob = kms.encrypt(key_id=key["KeyId"], plaintext=b"x")["CiphertextBlob"]
    told = refused("AccessDeniedException", europe.decrypt, ciphertext_blob=blob)
    assert "the resource does not exist in this Region" in told
