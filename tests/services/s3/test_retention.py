"""Object Lock and MFA Delete: what keeps a version from being deleted."""

from typing import Any

import pytest

from skyjar.kernel import one_time_codes
from skyjar.kernel.principals import Principal
from skyjar.services.s3 import errors

DAY_S = 86_400


@pytest.fixture
def locked(desk: Any) -> Any:
    desk.ask("s3").create_bucket(bucket="first", object_lock_enabled_for_bucket=True)
    return desk.ask("s3")


def put(s3: Any, **parameters: Any) -> str:
    return str(s3.put_object(bucket="first", key="k", body=b"x", **parameters)["VersionId"])


def remove(s3: Any, version: str, **parameters: Any) -> None:
    s3.delete_object(bucket="first", key="k", version_id=version, **parameters)


def test_compliance_cannot_be_undone_by_anybody(desk: Any, locked: Any) -> None:
    until = desk.clock.now() + 2 * DAY_S
    version = put(locked, object_lock_mode="COMPLIANCE", object_lock_retain_until_date=until)
    for bypass in (False, True):
        with pytest.raises(errors.AccessDenied, match="object protected by object lock"):
            remove(locked, version, bypass_governance_retention=bypass)
    for shorter in (
        {"Mode": "COMPLIANCE", "RetainUntilDate": until - 5},
        {"Mode": "GOVERNANCE", "RetainUntilDate": until},
        {},
    ):
        with pytest.raises(errors.AccessDenied):
            locked.put_object_retention(bucket="first", key="k", retention=shorter, bypass_governance_retention=True)
    longer = {"Mode": "COMPLIANCE", "RetainUntilDate": until + DAY_S}
    locked.put_object_retention(bucket="first", key="k", retention=longer)
    shown = locked.get_object_retention(bucket="first", key="k")["Retention"]
    assert shown == {"Mode": "COMPLIANCE", "RetainUntilDate": int(until + DAY_S)}
    head = locked.head_object(bucket="first", key="k")
    assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("COMPLIANCE", "OFF")
    assert locked.delete_object(bucket="first", key="k")["DeleteMarker"]
    desk.advance(3 * DAY_S + 1)
    remove(locked, version)


def test_governance_can_be_bypassed_by_those_who_may(desk: Any, locked: Any) -> None:
    until = desk.clock.now() + DAY_S
    version = put(locked, object_lock_mode="GOVERNANCE", object_lock_retain_until_date=until)
    iam = desk.ask("iam")
    made = iam.create_user(user_name="u")["User"]
    user = Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name="u")
    document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Delete*","Resource":"*"}]}'
    iam.put_user_policy(user_name="u", policy_name="p", policy_document=document)
    with pytest.raises(errors.AccessDenied, match="BypassGovernanceRetention"):
        remove(desk.ask("s3", user), version, bypass_governance_retention=True)
    with pytest.raises(errors.AccessDenied, match="object protected"):
        remove(locked, version)
    with pytest.raises(errors.AccessDenied):
        locked.put_object_retention(bucket="first", key="k", retention={})
    told = locked.delete_objects(bucket="first", delete={"Objects": [{"Key": "k", "VersionId": version}]})
    assert [each["Code"] for each in told["Errors"]] == ["AccessDenied"]
    told = locked.delete_objects(
        bucket="first", delete={"Objects": [{"Key": "k", "VersionId": version}]}, bypass_governance_retention=True
    )
    assert told["Deleted"] == [{"Key": "k", "VersionId": version}]


def test_a_legal_hold_has_no_end(desk: Any, locked: Any) -> None:
    version = put(locked, object_lock_legal_hold_status="ON")
    desk.advance(1000 * DAY_S)
    with pytest.raises(errors.AccessDenied):
        remove(locked, version, bypass_governance_retention=True)
    assert locked.get_object_legal_hold(bucket="first", key="k") == {"LegalHold": {"Status": "ON"}}
    locked.put_object_legal_hold(bucket="first", key="k", legal_hold={"Status": "OFF"})
    remove(locked, version)


def test_default_retention(desk: Any, locked: Any) -> None:
    default = {"Mode": "GOVERNANCE", "Days": 3}
    locked.put_object_lock_configuration(
        bucket="first",
        object_lock_configuration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}},
    )
    shown = locked.get_object_lock_configuration(bucket="first")["ObjectLockConfiguration"]
    assert shown == {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
    put(locked)
    retention = locked.get_object_retention(bucket="first", key="k")["Retention"]
    assert retention["RetainUntilDate"] == int(desk.clock.now()) + 3 * DAY_S
    with pytest.raises(errors.InvalidBucketState):
        locked.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Suspended"})


def test_lifecycle_leaves_what_is_locked(desk: Any, locked: Any) -> None:
    put(locked, object_lock_legal_hold_status="ON")
    put(locked)
    put(locked)
    rules = [{"ID": "r", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}]
    locked.put_bucket_lifecycle_configuration(bucket="first", lifecycle_configuration={"Rules": rules})
    desk.advance(3 * DAY_S)
    assert len(locked.list_object_versions(bucket="first")["Versions"]) == 2


def test_a_bucket_without_a_lock(s3: Any) -> None:
    with pytest.raises(errors.InvalidRequest, match="Bucket is missing Object Lock Configuration"):
        s3.put_object(bucket="first", key="k", body=b"", object_lock_legal_hold_status="ON")
    wanted = {"ObjectLockEnabled": "Enabled"}
    with pytest.raises(errors.InvalidBucketState):
        s3.put_object_lock_configuration(bucket="first", object_lock_configuration=wanted)
    with pytest.raises(errors.ObjectLockConfigurationNotFound):
        s3.get_object_lock_configuration(bucket="first")
    s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Enabled"})
    s3.put_object_lock_configuration(bucket="first", object_lock_configuration=wanted)
    version = put(s3, object_lock_legal_hold_status="ON")
    with pytest.raises(errors.AccessDenied):
        remove(s3, version)


def test_mfa_delete_asks_for_a_code(desk: Any, s3: Any) -> None:
    iam = desk.ask("iam")
    serial = iam.create_virtual_mfa_device(virtual_mfa_device_name="d")["VirtualMFADevice"]["SerialNumber"]
    iam.create_user(user_name="u")

    def code(step: int = 0) -> str:
        def seed(tx: Any) -> bytes:
            return one_time_codes.devices.get(desk.call(tx), serial).seed  # type: ignore[union-attr]

        return one_time_codes.code(desk.store.transact(seed), int(desk.clock.now()) // 30 + step)

    iam.enable_mfa_device(
        user_name="u", serial_number=serial, authentication_code1=code(-1), authentication_code2=code()
    )
    desk.advance(90)
    both = {"Status": "Enabled", "MFADelete": "Enabled"}
    for mfa in ("", f"{serial} 000000", "nothing"):
        with pytest.raises(errors.AccessDenied):
            s3.put_bucket_versioning(bucket="first", versioning_configuration=both, mfa=mfa)
    s3.put_bucket_versioning(bucket="first", versioning_configuration=both, mfa=f"{serial} {code()}")
    assert s3.get_bucket_versioning(bucket="first") == both
    versions = [put(s3), put(s3), put(s3)]
    s3.delete_object(bucket="first", key="k")
    with pytest.raises(errors.AccessDenied, match="Mfa Authentication"):
        remove(s3, versions[0], mfa=f"{serial} {code()}")  # which is used up
    desk.advance(30)
    remove(s3, versions[0], mfa=f"{serial} {code()}")
    desk.advance(30)
    two = {"Objects": [{"Key": "k", "VersionId": each} for each in versions[1:]]}
    assert len(s3.delete_objects(bucket="first", delete=two, mfa=f"{serial} {code()}")["Deleted"]) == 2
    with pytest.raises(errors.AccessDenied):
        s3.put_bucket_versioning(bucket="first", versioning_configuration={"Status": "Suspended"})
