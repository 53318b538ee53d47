"""Unused access: from what IAM knows of the last uses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skyjar.kernel import credentials
from skyjar.pipeline.records import CallRecord
from skyjar.services.accessanalyzer import limits

DAY = 86_400


def trust() -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def called(desk: Any, principal: Any, service: str, operation: str) -> None:
    """As the pipeline records a call of this principal, now."""
    desk.pipeline.records.add(
        CallRecord(
            "id", "", desk.clock.now(), service, operation, principal.arn, principal.account, "us-east-1", 200, "", 1,
            "127.0.0.1", None, "", principal.access_key,
        )
    )  # fmt: skip
    desk.pipeline.records.flush()


def session(desk: Any, role: str) -> Any:
    made = desk.ask("sts").assume_role(role_arn=role, role_session_name="s")
    key = made["Credentials"]["AccessKeyId"]
    return desk.store.transact(lambda tx: credentials.find(tx, key)).principal


def listed(analyzer: Any, arn: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = analyzer.list_findings_v2(analyzer_arn=arn, filter={"status": {"eq": ["ACTIVE"]}})["findings"]
    return {(each["findingType"], each["resource"].rpartition("/")[2]): each for each in found}


@pytest.fixture
def account(desk: Any) -> Any:
    """A role and a user, each with a policy for two services."""
    iam = desk.ask("iam")
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": "*"},
                {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
            ],
        }
    )
    iam.create_role(role_name="r", assume_role_policy_document=trust())
    iam.put_role_policy(role_name="r", policy_name="p", policy_document=policy)
    iam.create_user(user_name="u")
    iam.create_login_profile(user_name="u", password="Correct-horse-1")
    iam.create_access_key(user_name="u")
    return iam


def test_nothing_is_unused_before_its_time(desk: Any, analyzer: Any, made: Any, account: Any) -> None:
    arn = made("ACCOUNT_UNUSED_ACCESS")
    assert listed(analyzer, arn) == {}
    desk.advance(89 * DAY)
    assert listed(analyzer, arn) == {}


def test_roles_keys_and_passwords(desk: Any, analyzer: Any, made: Any, account: Any) -> None:
    arn = made("ACCOUNT_UNUSED_ACCESS")
    desk.advance(91 * DAY)
    found = listed(analyzer, arn)
    assert set(found) == {("UnusedIAMRole", "r"), ("UnusedIAMUserAccessKey", "u"), ("UnusedIAMUserPassword", "u")}
    key = account.list_access_keys(user_name="u")["AccessKeyMetadata"][0]["AccessKeyId"]
    details = analyzer.get_finding_v2(analyzer_arn=arn, id=found["UnusedIAMUserAccessKey", "u"]["id"])
    assert details["findingDetails"] == [{"unusedIamUserAccessKeyDetails": {"accessKeyId": key}}]
    account.delete_access_key(user_name="u", access_key_id=key)
    called(desk, session(desk, f"arn:aws:iam::{desk.account}:role/r"), "sqs", "SendMessage")
    desk.advance(limits.SCAN_EVERY_S + 5)
    assert ("UnusedIAMRole", "r") not in (later := listed(analyzer, arn))
    assert ("UnusedIAMUserAccessKey", "u") not in later
    statistics = analyzer.get_findings_statistics(analyzer_arn=arn)["findingsStatistics"][0]
    totals = statistics["unusedAccessFindingsStatistics"]
    assert (totals["totalActiveFindings"], totals["totalResolvedFindings"]) == (2, 2)


def test_an_active_role_has_unused_permissions(desk: Any, analyzer: Any, made: Any, account: Any) -> None:
    arn = made("ACCOUNT_UNUSED_ACCESS", configuration={"unusedAccess": {"unusedAccessAge": 30}})
    who = session(desk, f"arn:aws:iam::{desk.account}:role/r")
    called(desk, who, "kms", "ListKeys")
    desk.advance(30 * DAY)
    used_at = desk.clock.now()
    called(desk, who, "sqs", "SendMessage")
    desk.advance(limits.SCAN_EVERY_S + 5)
    found = listed(analyzer, arn)
    assert ("UnusedIAMRole", "r") not in found
    details = analyzer.get_finding_v2(analyzer_arn=arn, id=found["UnusedPermission", "r"]["id"])["findingDetails"]
    by_service = {
        each["unusedPermissionDetails"]["serviceNamespace"]: each["unusedPermissionDetails"] for each in details
    }
    assert by_service["sqs"] == {
        "serviceNamespace": "sqs",
        "actions": [{"action": "sqs:ReceiveMessage"}],
        "lastAccessed": used_at,
    }
    assert by_service["kms"]["lastAccessed"] < used_at
    assert "actions" not in by_service["kms"]


def test_exclusions_are_left_out(desk: Any, analyzer: Any, made: Any, account: Any) -> None:
    account.tag_user(user_name="u", tags=[{"Key": "kept", "Value": "yes"}])
    rule = {"analysisRule": {"exclusions": [{"resourceTags": [{"kept": "yes"}]}]}}
    arn = made("ACCOUNT_UNUSED_ACCESS", configuration={"unusedAccess": {"unusedAccessAge": 1, **rule}})
    desk.advance(2 * DAY)
    assert set(listed(analyzer, arn)) == {("UnusedIAMRole", "r")}
    analyzer.update_analyzer(analyzer_name="a", configuration={"unusedAccess": {}})
    desk.advance(5)
    assert len(listed(analyzer, arn)) == 3
