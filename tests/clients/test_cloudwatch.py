"""CloudWatch through boto3 (CBOR), and as older SDKs speak to it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.client


def span(now: datetime) -> dict[str, Any]:
    return {"StartTime": now - timedelta(minutes=10), "EndTime": now + timedelta(minutes=1)}


@pytest.mark.spec("cloudwatch-001")
def test_metrics_are_told_and_read(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    now = datetime.now(UTC)
    dimensions = [{"Name": "Host", "Value": "a"}]
    data = [
        {"MetricName": "Load", "Dimensions": dimensions, "Value": 1.5, "Timestamp": now, "Unit": "Percent"},
        {"MetricName": "Load", "Dimensions": dimensions, "Values": [2.5, 3.5], "Counts": [2, 1], "Unit": "Percent"},
    ]
    cloudwatch.put_metric_data(Namespace="App", MetricData=data)
    metric = {"Namespace": "App", "MetricName": "Load", "Dimensions": dimensions}
    assert cloudwatch.list_metrics(Namespace="App")["Metrics"] == [metric]
    found = cloudwatch.get_metric_statistics(**metric, **span(now), Period=3600, Statistics=["SampleCount", "Sum"])
    assert (found["Datapoints"][0]["SampleCount"], found["Datapoints"][0]["Sum"]) == (4.0, 10.0)
    queries = [
        {"Id": "load", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "twice", "Expression": "load * 2"},
    ]
    result = cloudwatch.get_metric_data(MetricDataQueries=queries, **span(now))["MetricDataResults"]
    assert [(each["Id"], each["Values"]) for each in result] == [("twice", [20.0])]


def test_long_requests_come_compressed(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    data = [{"MetricName": f"m{number}", "Value": number} for number in range(600)]
    seen = []
    cloudwatch.meta.events.register(
        "before-send", lambda request, **_: seen.append(request.headers.get("Content-Encoding"))
    )
    cloudwatch.put_metric_data(Namespace="Long", MetricData=data)
    assert seen == [b"gzip"] or seen == ["gzip"]
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="Long")
    assert sum(len(page["Metrics"]) for page in pages) == 600


def put_alarm(cloudwatch: Any, **more: Any) -> None:
    given = {
        "AlarmName": "deep", "Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": "q"}], "Statistic": "Maximum", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    cloudwatch.put_metric_alarm(**{**given, **more})


@pytest.mark.spec("cloudwatch-006", "cloudwatch-014")
def test_an_alarm_on_a_queue_by_the_clouds_clock(still: Any, still_cloud: Any) -> None:
    cloudwatch, sqs = still.client("cloudwatch"), still.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    topic = f"arn:aws:sns:us-east-1:{still.number}:nowhere"
    put_alarm(cloudwatch, AlarmActions=[topic], OKActions=[topic])
    for _ in range(2):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    still_cloud.advance(120)
    alarm = cloudwatch.describe_alarms(AlarmNames=["deep"])["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["StateReason"][:18]) == ("ALARM", "Threshold Crossed:")
    history = cloudwatch.describe_alarm_history(AlarmName="deep", HistoryItemType="Action")["AlarmHistoryItems"]
    assert [item["HistorySummary"][:40] for item in history] == [f"Failed to execute action {topic}"[:40]]
    sqs.purge_queue(QueueUrl=url)
    still_cloud.advance(180)
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["deep"])
    assert cloudwatch.describe_alarms(StateValue="OK")["MetricAlarms"][0]["AlarmName"] == "deep"


def test_users_need_permission_for_the_namespace(account: Any) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="u")
    statement = {
        "Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Mine"}},
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    cloudwatch = account.client(
        "cloudwatch", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    data = [{"MetricName": "m", "Value": 1}]
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=data)
    with pytest.raises(ClientError, match="AccessDenied"):
        cloudwatch.put_metric_data(Namespace="Other", MetricData=data)


def test_older_sdks_speak_the_query_protocol(account: Any) -> None:
    def ask(**form: str) -> str:
        scope = f"{account.number}/20270101/us-east-1/monitoring/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=0"
        headers = {"Authorization": signed, "X-Amz-Date": "20270101T000000Z"}
        body = urlencode({"Version": "2010-08-01", **form}).encode()
        with urlopen(Request(account.running.endpoint, body, headers)) as answer:
            return str(answer.read().decode())

    ask(
        Action="PutMetricData",
        Namespace="Old",
        **{"MetricData.member.1.MetricName": "m", "MetricData.member.1.Value": "2"},
    )
    assert "<MetricName>m</MetricName>" in ask(Action="ListMetrics", Namespace="Old")


def test_dashboards(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    with pytest.raises(ClientError) as caught:
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets": [{}]}')
    assert caught.value.response["dashboardValidationMessages"][0]["DataPath"] == "/widgets/0"
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody='{"widgets": []}')
    assert cloudwatch.get_dashboard(DashboardName="d")["DashboardBody"] == '{"widgets": []}'
    cloudwatch.delete_dashboards(DashboardNames=["d"])
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.get_dashboard(DashboardName="d")


def test_what_is_not_there_is_refused_by_name(account: Any) -> None:
    cloudwatch = account.client("cloudwatch")
    with pytest.raises(ClientError, match="PutAnomalyDetector"):
        cloudwatch.put_anomaly_detector(Namespace="App", MetricName="m", Stat="Sum")
    with pytest.raises(ClientError, match="GetMetricWidgetImage"):
        cloudwatch.get_metric_widget_image(MetricWidget="{}")
    with pytest.raises(ClientError, match="WarmUpConfiguration"):
        put_alarm(cloudwatch, WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5})


EMBEDDED = """
import json, time
def handler(event, context):
    header = {"Namespace": "Shop", "Dimensions": [["Service"]], "Metrics": [{"Name": "Orders", "Unit": "Count"}]}
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [header]},
                      "Service": "web", "Orders": 3}))
"""


def test_functions_tell_metrics_in_their_logs(account: Any) -> None:
    iam, functions = account.client("iam"), account.client("lambda")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = iam.create_role(
        RoleName="f", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    iam.attach_role_policy(RoleName="f", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as into:
        into.writestr("index.py", EMBEDDED)
    functions.create_function(
        FunctionName="f", Runtime="python3.11", Handler="index.handler", Role=role, Code={"ZipFile": package.getvalue()}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f")
    assert "FunctionError" not in functions.invoke(FunctionName="f")
    metric = {"Namespace": "Shop", "MetricName": "Orders", "Dimensions": [{"Name": "Service", "Value": "web"}]}
    found = account.client("cloudwatch").get_metric_statistics(
        **metric, **span(datetime.now(UTC)), Period=3600, Statistics=["Sum"]
    )
    assert [point["Sum"] for point in found["Datapoints"]] == [3.0]
