"""HTTP APIs with boto3, and their stages over HTTP; functions are real."""

import http.client
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.client
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 201, "headers": {"X-Made": "yes"}, "cookies": ["a=1", "b=2"], "body": json.dumps(event)}
"""


def make_function(account, source, name="f"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as into:
        into.writestr("index.py", source)
    iam, functions = account.client("iam"), account.client("lambda")
    role = iam.create_role(RoleName=f"r-{name}", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    function = functions.create_function(
        FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role, Code={"ZipFile": made.getvalue()}
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    return function["FunctionArn"]


class Api:
    def __init__(self, account, **more):
        self.account = account
        self.client = account.client("apigatewayv2")
        self.id = self.client.create_api(Name="a", ProtocolType="HTTP", **more)["ApiId"]

    def integrate(self, function, version="2.0"):
        made = self.client.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion=version
        )
        return f"integrations/{made['IntegrationId']}"

    def route(self, key, target):
        return self.client.create_route(ApiId=self.id, RouteKey=key, Target=target)["RouteId"]

    def stage(self, name="$default", **more):
        self.client.create_stage(ApiId=self.id, StageName=name, **{"AutoDeploy": True, **more})

    def permit(self, source="*"):
        self.account.client("lambda").add_permission(
            FunctionName="f",
            StatementId="gw",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{self.account.number}:{self.id}/{source}",
        )

    def request(self, path, method="GET", host=None, body=None, headers=None):
        address = urlsplit(self.account.running.endpoint)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        host = host or f"{self.id}.execute-api.localhost"
        connection.request(method, path, body, {"Host": host, **(headers or {})})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, answer.headers

    def get(self, path, **more):
        status, data, _ = self.request(path, **more)
        return status, json.loads(data)


@pytest.fixture
def api(account):
    return Api(account)


def test_a_function_gets_the_whole_request_in_version_2(api):
    api.route("POST /cats/{id}", api.integrate(make_function(api.account, ECHO)))
    api.stage(StageVariables={"env": "dev"})
    assert api.request("/cats/tom", "POST")[:2] == (500, b'{"message":"Internal Server Error"}')
    api.permit("$default/POST/cats/{id}")
    headers = {"Content-Type": "text/plain", "Cookie": "c=1; d=2"}
    status, body, answered = api.request("/cats/tom?a=1&a=2", "POST", body="meow", headers=headers)
    assert (status, answered["x-made"], answered.get_all("set-cookie")) == (201, "yes", ["a=1", "b=2"])
    event = json.loads(body)
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "POST /cats/{id}", "/cats/tom")
    assert (event["body"], event["isBase64Encoded"], event["cookies"]) == ("meow", False, ["c=1", "d=2"])
    assert (event["queryStringParameters"], event["rawQueryString"]) == ({"a": "1,2"}, "a=1&a=2")
    assert (event["pathParameters"], event["stageVariables"]) == ({"id": "tom"}, {"env": "dev"})
    assert event["requestContext"]["http"]["method"] == "POST"


def test_version_1_events_and_every_address(api):
    api.route("$default", api.integrate(make_function(api.account, ECHO), "1.0"))
    api.stage()
    api.permit("*")
    own = urlsplit(api.account.running.endpoint).netloc
    for path, host in (
        ("/x?a=1&a=2", None),
        ("/x?a=1&a=2", f"{api.id}.execute-api.us-east-1.amazonaws.com"),
        (f"/_aws/execute-api/{api.id}/x?a=1&a=2", own),
    ):
        _, event = api.get(path, host=host)
        assert (event["version"], event["path"], event["httpMethod"]) == ("1.0", "/x", "GET")
        assert event["queryStringParameters"] == {"a": "2"}
        assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}


def test_what_is_not_deployed_does_not_answer(api):
    source = "def handler(event, context):\n    return 'plain'\n"
    target = api.integrate(make_function(api.account, source))
    api.permit("*")
    api.route("GET /a", target)
    assert api.get("/a") == (404, {"message": "Not Found"})
    api.stage("v1", AutoDeploy=False)
    assert api.get("/v1/a") == (404, {"message": "Not Found"})
    first = api.client.create_deployment(ApiId=api.id, StageName="v1")["DeploymentId"]
    assert api.request("/v1/a")[:2] == (200, b"plain")
    api.route("GET /b", target)
    assert api.get("/v1/b") == (404, {"message": "Not Found"})
    api.client.create_deployment(ApiId=api.id, StageName="v1")
    assert api.request("/v1/b")[:2] == (200, b"plain")
    api.client.update_stage(ApiId=api.id, StageName="v1", DeploymentId=first)
    assert api.get("/v1/b") == (404, {"message": "Not Found"})


def test_preflights_and_origins(account):
    cors = {"AllowOrigins": ["http://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "MaxAge": 9}
    api = Api(account, CorsConfiguration=cors)
    api.route("GET /a", api.integrate(make_function(account, ECHO)))
    api.stage()
    api.permit("*")
    headers = {"Origin": "http://a.example", "Access-Control-Request-Method": "GET"}
    status, _, answered = api.request("/a", "OPTIONS", headers=headers)
    assert (status, answered["access-control-allow-origin"]) == (204, "http://a.example")
    assert (answered["access-control-allow-methods"], answered["access-control-max-age"]) == ("GET", "9")
    assert api.request("/a", headers=headers)[2]["access-control-allow-origin"] == "http://a.example"
    headers["Origin"] = "http://b.example"
    assert "access-control-allow-origin" not in api.request("/a", headers=headers)[2]
    assert "access-control-allow-origin" not in api.request("/a", "OPTIONS", headers=headers)[2]


@pytest.mark.parametrize("source", ["1/0", "{'statusCode': 'x'}", "{'statusCode': 200, 'headers': [1]}"])
def test_a_failing_function_is_500(api, source):
    code = f"def handler(event, context):\n    return {source}\n"
    api.route("$default", api.integrate(make_function(api.account, code)))
    api.stage()
    api.permit("*")
    assert api.get("/") == (500, {"message": "Internal Server Error"})


def test_a_throttled_function_is_an_error_of_the_api(api):
    api.route("$default", api.integrate(make_function(api.account, ECHO)))
    api.stage()
    api.permit("*")
    api.account.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert api.get("/") == (500, {"message": "Internal Server Error"})


def test_an_open_api_document_is_imported_and_served(account):
    function = make_function(account, ECHO)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "payloadFormatVersion": "2.0"}
    item = {"x-amazon-apigateway-any-method": {"x-amazon-apigateway-integration": integration}}
    body = {"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {"/p/{all+}": item}}
    api = Api(account)
    made = api.client.import_api(Body=json.dumps(body))
    api.id = made["ApiId"]
    assert (made["Name"], api.client.get_routes(ApiId=api.id)["Items"][0]["RouteKey"]) == ("t", "ANY /p/{all+}")
    api.stage()
    api.permit("*")
    status, event = api.get("/p/a/b")
    assert (status, event["pathParameters"]) == (201, {"all": "a/b"})


def test_what_is_not_here_is_refused_by_name(api):
    with pytest.raises(ClientError, match="WebSocket"):
        api.client.create_api(Name="w", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.action")
    with pytest.raises(ClientError, match="HTTP_PROXY"):
        api.client.create_integration(ApiId=api.id, IntegrationType="HTTP_PROXY", IntegrationUri="http://a.example")
    with pytest.raises(ClientError, match="authorizers"):
        api.client.create_route(ApiId=api.id, RouteKey="GET /", AuthorizationType="AWS_IAM")


def counted(account, name, **dimensions):
    """The sum of a metric of AWS/ApiGateway up to now."""
    now = datetime.now(UTC)
    found = account.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/ApiGateway",
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=7200,
        Statistics=["Sum"],
    )
    return sum(point["Sum"] for point in found["Datapoints"])


def test_requests_are_counted_as_metrics_of_the_api_and_the_function(api, billed):
    api.route("GET /a", api.integrate(make_function(api.account, ECHO)))
    api.stage()
    api.permit("*")
    assert (api.get("/a")[0], api.get("/b")[0]) == (201, 404)
    assert counted(api.account, "Count", ApiId=api.id) == 2.0
    assert counted(api.account, "4xx", ApiId=api.id, Stage="$default") == 1.0
    assert counted(api.account, "DataProcessed", ApiId=api.id) > 100
    used = billed(api.account)
    assert (used["USE1-ApiGatewayHttpRequest"], used["Request"]) == (2.0, 1.0)
    assert 0 < used["Lambda-GB-Second"] < 10
    listed = api.account.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="Invocations")
    assert [{"Name": "FunctionName", "Value": "f"}] in [each["Dimensions"] for each in listed["Metrics"]]
