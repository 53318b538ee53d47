"""Tables in stacks: what replaces a table, what changes it, and a template as NoSQL Workbench writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from skyjar.testing.running import Account

pytestmark = pytest.mark.client
SOON = {"Delay": 1, "MaxAttempts": 60}
ROLE = {
    "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
}


def keys(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def types(**named: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in named.items()]


PLAIN: dict[str, Any] = {
    "KeySchema": keys("pk"), "AttributeDefinitions": types(pk="S"), "BillingMode": "PAY_PER_REQUEST",
}  # fmt: skip


class Deployed:
    def __init__(self, account: Account) -> None:
        self._cloudformation = account.client("cloudformation")

    def _template(self, properties: dict[str, Any], more: dict[str, Any]) -> str:
        table = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
        outputs = {"Name": {"Value": {"Ref": "Tab"}}}
        return json.dumps({"Resources": {"Tab": table, **more}, "Outputs": outputs})

    def create(self, properties: dict[str, Any], more: dict[str, Any] | None = None) -> str:
        self._cloudformation.create_stack(StackName="s", TemplateBody=self._template(properties, more or {}))
        self._cloudformation.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig=SOON)
        return self._name()

    def update(self, properties: dict[str, Any], more: dict[str, Any] | None = None) -> str:
        self._cloudformation.update_stack(StackName="s", TemplateBody=self._template(properties, more or {}))
        self._cloudformation.get_waiter("stack_update_complete").wait(StackName="s", WaiterConfig=SOON)
        return self._name()

    def replacement(self, properties: dict[str, Any]) -> str:
        """What a change set says of it, which is not executed."""
        named = {"StackName": "s", "ChangeSetName": "c"}
        self._cloudformation.create_change_set(**named, TemplateBody=self._template(properties, {}))
        self._cloudformation.get_waiter("change_set_create_complete").wait(**named, WaiterConfig=SOON)
        (change,) = self._cloudformation.describe_change_set(**named)["Changes"]
        self._cloudformation.delete_change_set(**named)
        return str(change["ResourceChange"]["Replacement"])

    def refused(self, properties: dict[str, Any]) -> str:
        """The reason for which an update fails."""
        with pytest.raises(WaiterError):
            self.update(properties)
        self._cloudformation.get_waiter("stack_rollback_complete").wait(StackName="s", WaiterConfig=SOON)
        events = self._cloudformation.describe_stack_events(StackName="s")["StackEvents"]
        return next(str(each["ResourceStatusReason"]) for each in events if each["ResourceStatus"] == "UPDATE_FAILED")

    def _name(self) -> str:
        return str(self._cloudformation.describe_stacks(StackName="s")["Stacks"][0]["Outputs"][0]["OutputValue"])

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName="s")
        self._cloudformation.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig=SOON)


def test_keys_types_and_local_indexes_replace_a_table(account: Account) -> None:
    stack, db = Deployed(account), account.client("dynamodb")
    names = [stack.create(PLAIN)]
    ranged = {**PLAIN, "KeySchema": keys("pk", "sk"), "AttributeDefinitions": types(pk="S", sk="S")}
    local = {"IndexName": "lsi", "KeySchema": keys("pk", "own"), "Projection": {"ProjectionType": "ALL"}}
    retyped = {**ranged, "AttributeDefinitions": types(pk="S", sk="N")}
    for given in (
        ranged,
        retyped,
        {**ranged, "AttributeDefinitions": types(pk="S", sk="N", own="S"), "LocalSecondaryIndexes": [local]},
    ):
        assert stack.replacement(given) == ("True" if given != retyped else "False"), (
            "a type is looked at when it is resolved"
        )
        names.append(stack.update(given))
        assert db.list_tables()["TableNames"] == names[-1:], "the one before is gone"
    assert len(set(names)) == 4
    assert db.describe_table(TableName=names[-1])["Table"]["LocalSecondaryIndexes"][0]["IndexName"] == "lsi"
    stack.delete()
    assert db.list_tables()["TableNames"] == []


def test_a_global_index_comes_or_goes_by_itself(account: Account) -> None:
    stack, db = Deployed(account), account.client("dynamodb")

    def given(*names: str, projection: str = "ALL") -> dict[str, Any]:
        shared = {"KeySchema": keys("g"), "Projection": {"ProjectionType": projection}}
        indexes = [{"IndexName": name, **shared} for name in names]
        return {**PLAIN, "AttributeDefinitions": types(pk="S", g="S"), "GlobalSecondaryIndexes": indexes}

    name = stack.create(given("one"))
    assert "Cannot perform more than one GSI creation or deletion in a single update" in stack.refused(given("two"))
    reason = stack.refused(given("one", projection="KEYS_ONLY"))
    assert "Cannot update GSI's properties other than Provisioned Throughput" in reason
    assert stack.update(given("one", "two")) == name
    indexes = db.describe_table(TableName=name)["Table"]["GlobalSecondaryIndexes"]
    assert sorted(each["IndexName"] for each in indexes) == ["one", "two"]


def scaling(most: int) -> dict[str, Any]:
    """Targets and policies, as NoSQL Workbench writes them beside a table."""
    found: dict[str, Any] = {}
    for kind in ("Read", "Write"):
        found[f"{kind}Target"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "dynamodb", "ResourceId": {"Fn::Sub": "table/${Tab}"}, "MinCapacity": 1,
                "MaxCapacity": most, "ScalableDimension": f"dynamodb:table:{kind}CapacityUnits", "RoleARN": ROLE,
            },
        }  # fmt: skip
        metric = {"PredefinedMetricType": f"DynamoDB{kind}CapacityUtilization"}
        found[f"{kind}Policy"] = {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": kind, "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": f"{kind}Target"},
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70, "PredefinedMetricSpecification": metric},
            },
        }  # fmt: skip
    return found


def test_a_template_of_nosql_workbench(account: Account) -> None:
    stack, db = Deployed(account), account.client("dynamodb")
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    forum = {
        "TableName": "Forum",
        "KeySchema": keys("Name", "Subject"),
        "AttributeDefinitions": types(Name="S", Subject="S", Last="S"),
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units,
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "ByLast",
                "KeySchema": keys("Name", "Last"),
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["Tags"]},
                "ProvisionedThroughput": units,
            }
        ],
    }
    assert stack.create(forum, scaling(10)) == "Forum"
    everything = {
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "SSESpecification": {"SSEEnabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert stack.update({**forum, **everything}, scaling(20)) == "Forum"
    table = db.describe_table(TableName="Forum")["Table"]
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["StreamSpecification"]["StreamViewType"] == "NEW_IMAGE"
    assert table["SSEDescription"]["Status"] == "ENABLED"
    targets = account.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="dynamodb")
    assert [each["MaxCapacity"] for each in targets["ScalableTargets"]] == [20, 20]
    stack.delete()
    assert db.list_tables()["TableNames"] == []
