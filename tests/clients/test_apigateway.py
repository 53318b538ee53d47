"""REST APIs with boto3, and their stages over HTTP."""

import http.client
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

pytestmark = pytest.mark.client
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
ECHO = """
import json
def handler(event, context):
    return {"statusCode": 201, "headers": {"X-Made": "yes", "Server": "mine"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "body": json.dumps(event)}
"""


class Api:
    """One REST API, its control plane, and plain HTTP to its stages."""

    def __init__(self, account):
        self.account = account
        self.client = account.client("apigateway")
        made = self.client.create_rest_api(name="api")
        self.id, self.root = made["id"], made["rootResourceId"]

    def resource(self, part, parent=None):
        return self.client.create_resource(restApiId=self.id, parentId=parent or self.root, pathPart=part)["id"]

    def mock(self, resource, text, method="GET", authorization="NONE", headers=None):
        at = {"restApiId": self.id, "resourceId": resource, "httpMethod": method}
        headers = headers or {}
        self.client.put_method(**at, authorizationType=authorization)
        self.client.put_method_response(
            **at, statusCode="200", responseParameters={f"method.response.header.{name}": True for name in headers}
        )
        self.client.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        self.client.put_integration_response(
            **at,
            statusCode="200",
            responseTemplates={"application/json": text},
            responseParameters={f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()},
        )

    def proxy(self, resource, function, method="GET", **more):
        at = {"restApiId": self.id, "resourceId": resource, "httpMethod": method}
        self.client.put_method(**at, authorizationType="NONE")
        uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
        return self.client.put_integration(**at, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri, **more)

    def deploy(self, stage="dev"):
        return self.client.create_deployment(restApiId=self.id, stageName=stage)["id"]

    @property
    def host(self):
        return f"{self.id}.execute-api.localhost"

    def request(self, path, method="GET", host=None, body=None, headers=None):
        address = urlsplit(self.account.running.endpoint)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        connection.request(method, path, body, {"Host": host or self.host, **(headers or {})})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, answer.headers

    def get(self, path, **more):
        status, data, _ = self.request(path, **more)
        return status, json.loads(data)

    def signed(self, path, key, secret, token=None):
        request = AWSRequest("GET", f"http://{self.host}{path}")
        SigV4Auth(Credentials(key, secret, token), "execute-api", "us-east-1").add_auth(request)
        return self.get(path, headers=dict(request.headers))


@pytest.fixture
def api(account):
    return Api(account)


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


def permit(account, source="", name="f", **more):
    more |= {"SourceArn": source} if source else {}
    account.client("lambda").add_permission(
        FunctionName=name,
        StatementId="gw",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        **more,
    )


MISSING = (403, {"message": "Missing Authentication Token"})


@pytest.mark.spec("apigateway-001", "apigateway-014", "apigateway-023")
def test_a_mock_answers_at_every_address(api):
    cats = api.resource("listcats")
    api.mock(cats, '{"m": "hello-bench"}')
    api.deploy()
    hosts = ("localhost", "localhost.localstack.cloud", "us-east-1.amazonaws.com", "us-east-1.localhost")
    for suffix in hosts:
        found = api.get("/dev/listcats", host=f"{api.id}.execute-api.{suffix}")
        assert found == (200, {"m": "hello-bench"}), suffix
    own = urlsplit(api.account.running.endpoint).netloc
    for path in (
        f"/_aws/execute-api/{api.id}/dev/listcats",
        f"/execute-api/{api.id}/dev/listcats",
        f"/restapis/{api.id}/dev/_user_request_/listcats",
    ):
        assert api.get(path, host=own) == (200, {"m": "hello-bench"}), path


@pytest.mark.spec("apigateway-008", "apigateway-009", "apigateway-010")
def test_only_what_is_deployed_answers(api):
    one = api.resource("one")
    api.mock(one, '{"v": 1}')
    assert api.get("/dev/one") == (403, {"message": "Forbidden"})
    first = api.deploy()
    assert api.get("/dev/one") == (200, {"v": 1})
    api.mock(api.resource("two"), "{}")
    at = {"restApiId": api.id, "resourceId": one, "httpMethod": "GET", "statusCode": "200"}
    api.client.put_integration_response(**at, responseTemplates={"application/json": '{"v": 2}'})
    assert api.get("/dev/one") == (200, {"v": 1})
    assert api.get("/dev/two") == MISSING
    api.deploy()
    assert api.get("/dev/one") == (200, {"v": 2})
    assert api.get("/dev/two") == (200, {})
    patch = {"op": "replace", "path": "/deploymentId", "value": first}
    api.client.update_stage(restApiId=api.id, stageName="dev", patchOperations=[patch])
    assert api.get("/dev/one") == (200, {"v": 1})
    assert api.get("/dev/two") == MISSING


@pytest.mark.spec("apigateway-019")
def test_a_function_gets_the_whole_request_and_makes_the_answer(api):
    function = make_function(api.account, ECHO)
    api.proxy(api.resource("{id}", api.resource("cats")), function, "ANY")
    api.deploy()
    permit(api.account, f"arn:aws:execute-api:us-east-1:{api.account.number}:{api.id}/dev/*/cats/{{id}}")
    headers = {"Content-Type": "text/plain", "x-own": "1"}
    status, body, answered = api.request("/dev/cats/tom?a=1&a=2&b=", "POST", body="meow", headers=headers)
    assert (status, answered["X-Made"], answered["x-amzn-Remapped-Server"]) == (201, "yes", "mine")
    assert answered.get_all("set-cookie") == ["a=1", "b=2"]
    event = json.loads(body)
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/cats/{id}", "/cats/tom", "POST")
    assert (event["body"], event["isBase64Encoded"], event["pathParameters"]) == ("meow", False, {"id": "tom"})
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert (event["headers"]["Content-Type"], event["multiValueHeaders"]["x-own"]) == ("text/plain", ["1"])
    context = event["requestContext"]
    assert (context["stage"], context["resourcePath"], context["path"]) == ("dev", "/cats/{id}", "/dev/cats/tom")
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert event["stageVariables"] is None


@pytest.mark.spec("apigateway-041")
def test_without_the_functions_permission_it_is_500(api):
    api.proxy(api.root, make_function(api.account, ECHO))
    api.deploy()
    assert api.get("/dev") == (500, {"message": "Internal server error"})
    permit(api.account, f"arn:aws:execute-api:us-east-1:{api.account.number}:{api.id}/*/GET/")
    assert api.request("/dev")[0] == 201


@pytest.mark.spec("apigateway-042")
def test_a_malformed_answer_is_502(api):
    source = "def handler(event, context):\n    return eval(event['queryStringParameters']['r'])\n"
    api.proxy(api.root, make_function(api.account, source))
    api.deploy()
    permit(api.account)
    for wrong in ("'%3Cxml/%3E'", "{'statusCode':200,'body':{}}", "{'body':'x'}", "{'statusCode':'x'}", "1/0"):
        assert api.get(f"/dev?r={wrong}") == (502, {"message": "Internal server error"}), wrong
    assert api.request("/dev?r={'statusCode':'204'}")[0] == 204


def test_odd_headers_of_a_function(api):
    source = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {event['body']: event['body']}}\n"
    api.proxy(api.root, make_function(api.account, source), "POST")
    api.deploy()
    permit(api.account)
    for wrong in ("a b", "a\r\nb", "\u20ac"):
        assert api.request("/dev", "POST", body=wrong.encode())[0] == 502, wrong
    source = "def handler(event, context):\n    return {'statusCode': 200, 'headers': {'X-A': event['body']}}\n"
    api.proxy(api.resource("x"), make_function(api.account, source, "g"), "POST")
    api.deploy()
    permit(api.account, name="g")
    assert api.request("/dev/x", "POST", body="\u20ac".encode())[2]["X-A"].encode("latin-1").decode() == "\u20ac"


def test_a_throttled_function_is_500(api):
    api.proxy(api.root, make_function(api.account, ECHO))
    api.deploy()
    permit(api.account)
    api.account.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert api.get("/dev") == (500, {"message": "Internal server error"})


def test_a_mapped_header_cannot_split_the_answer(api):
    at = {"restApiId": api.id, "resourceId": api.resource("{x}"), "httpMethod": "GET"}
    api.client.put_method(**at, authorizationType="NONE")
    header = "method.response.header.X-Path"
    api.client.put_method_response(**at, statusCode="200", responseParameters={header: True})
    api.client.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.client.put_integration_response(**at, statusCode="200", responseParameters={header: "context.path"})
    api.deploy()
    assert api.request("/dev/a%0d%0aSet-Cookie:x")[2]["X-Path"] == "/dev/a  Set-Cookie:x"


@pytest.mark.spec("apigateway-020")
def test_binary_bodies_are_decoded_both_ways(api):
    source = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "isBase64Encoded": event["isBase64Encoded"],
            "body": event["body"]}
"""
    patch = [{"op": "add", "path": "/binaryMediaTypes/image~1png"}]
    assert api.client.update_rest_api(restApiId=api.id, patchOperations=patch)["binaryMediaTypes"] == ["image/png"]
    api.proxy(api.root, make_function(api.account, source), "POST")
    api.deploy()
    permit(api.account)
    headers = {"Content-Type": "image/png", "Accept": "image/png"}
    assert api.request("/dev", "POST", body=b"\xff\x00", headers=headers)[1] == b"\xff\x00"
    headers["Accept"] = "text/html"
    assert api.request("/dev", "POST", body=b"\xff\x00", headers=headers)[1] == b"/wA="


@pytest.mark.spec("apigateway-013")
def test_a_stage_variable_chooses_the_alias(api):
    source = "def handler(event, context):\n    return {'statusCode': 200, 'body': context.invoked_function_arn}\n"
    function = make_function(api.account, source)
    functions = api.account.client("lambda")
    functions.publish_version(FunctionName="f")
    api.proxy(api.root, function + ":${stageVariables.ENV}")
    deployment = api.client.create_deployment(restApiId=api.id)["id"]
    for name in ("DEV", "PROD"):
        functions.create_alias(FunctionName="f", Name=name, FunctionVersion="1")
        permit(api.account, Qualifier=name)
        api.client.create_stage(
            restApiId=api.id, stageName=name.lower(), deploymentId=deployment, variables={"ENV": name}
        )
        assert api.request(f"/{name.lower()}/")[1].decode() == f"{function}:{name}"


@pytest.mark.spec("apigateway-034")
def test_signed_callers_need_execute_api_invoke(api):
    api.mock(api.resource("p"), "{}", authorization="AWS_IAM")
    api.deploy()
    assert api.get("/dev/p") == MISSING
    iam, sts = api.account.client("iam"), api.account.client("sts")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": api.account.number}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    key = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    keys = (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    status, body = api.signed("/dev/p", *keys)
    assert status == 403
    assert "is not authorized to perform: execute-api:Invoke on resource" in body["Message"]
    arn = f"arn:aws:execute-api:us-east-1:{api.account.number}:{api.id}/dev/GET/p"
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=policy)
    assert api.signed("/dev/p", *keys) == (200, {})


@pytest.mark.spec("apigateway-028")
def test_iam_decides_who_may_manage_and_who_may_invoke(api):
    api.mock(api.resource("p"), "{}", authorization="AWS_IAM")
    api.deploy()
    iam = api.account.client("iam")
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    user = api.account.client(
        "apigateway", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="apigateway:POST"):
        user.create_rest_api(name="x")
    assert api.signed("/dev/p", key["AccessKeyId"], key["SecretAccessKey"])[0] == 403
    both = ["apigateway:POST", "execute-api:Invoke"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": both, "Resource": "*"}]}
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps(policy))
    user.create_rest_api(name="x")
    assert api.signed("/dev/p", key["AccessKeyId"], key["SecretAccessKey"]) == (200, {})


@pytest.mark.spec("apigateway-030", "apigateway-031")
def test_a_resource_policy_keeps_addresses_out_once_deployed(api):
    api.mock(api.root, "{}")
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    deny = {**allow, "Effect": "Deny", "Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}

    def patch(*statements):
        value = json.dumps({"Version": "2012-10-17", "Statement": statements})
        patches = [{"op": "replace", "path": "/policy", "value": value}]
        return api.client.update_rest_api(restApiId=api.id, patchOperations=patches)["policy"]

    assert f"arn:aws:execute-api:us-east-1:{api.account.number}:{api.id}/*" in patch(allow)
    api.deploy()
    assert api.get("/dev") == (200, {})
    patch(allow, deny)
    assert api.get("/dev") == (200, {})
    api.deploy()
    status, body = api.get("/dev")
    assert (status, "anonymous is not authorized" in body["Message"]) == (403, True)
    members = api.client.meta.service_model.shape_for("RestApi").members
    assert not [name for name in members if "group" in name.lower()]


SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "cats", "version": "1"},
    "paths": {
        "/cats/{id}": {
            "get": {
                "responses": {"200": {"headers": {"X-Kind": {"type": "string"}}}},
                "x-amazon-apigateway-integration": {
                    "type": "mock",
                    "requestTemplates": {"application/json": "{ statusCode: 200 }"},
                    "responses": {
                        "default": {
                            "statusCode": "200",
                            "responseParameters": {"method.response.header.X-Kind": "'cat'"},
                            "responseTemplates": {"application/json": '{"id": "$input.params(\'id\')"}'},
                        }
                    },
                },
            }
        }
    },
}
YAML = """
openapi: 3.0.1
info: {title: dogs, version: 2018-01-01}
paths:
  /dogs:
    get:
      responses:
        200: {description: ok}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: '{"statusCode": 200}'}
        responses:
          default: {statusCode: 200, responseTemplates: {application/json: '["rex"]'}}
"""


@pytest.mark.spec("apigateway-006")
def test_documents_are_imported_in_both_formats(account):
    client = account.client("apigateway")
    for body, path, answer in (
        (json.dumps(SWAGGER), "/cats/tom", {"id": "tom"}),
        (YAML, "/dogs", ["rex"]),
    ):
        made = client.import_rest_api(body=body, parameters={"endpointConfigurationTypes": "REGIONAL"})
        assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
        paths = {item["path"] for item in client.get_resources(restApiId=made["id"])["items"]}
        assert paths >= {"/", path.replace("tom", "{id}")}
        api = Api(account)
        api.id = made["id"]
        api.deploy()
        assert api.get(f"/dev{path}") == (200, answer)
    replaced = client.put_rest_api(restApiId=made["id"], mode="overwrite", body=json.dumps(SWAGGER))
    assert replaced["name"] == "cats"
    items = client.get_resources(restApiId=made["id"], embed=["methods"])["items"]
    assert [item["path"] for item in items] == ["/", "/cats", "/cats/{id}"]
    integration = items[2]["resourceMethods"]["GET"]["methodIntegration"]
    assert integration["integrationResponses"]["200"]["responseParameters"] == {
        "method.response.header.X-Kind": "'cat'"
    }


@pytest.mark.spec("apigateway-007")
def test_a_method_shows_its_four_parts(api):
    api.mock(api.root, "{}", headers={"X-A": "1"})
    shown = api.client.get_method(restApiId=api.id, resourceId=api.root, httpMethod="GET")
    assert shown["methodResponses"]["200"]["responseParameters"] == {"method.response.header.X-A": True}
    assert shown["methodIntegration"]["type"] == "MOCK"
    assert shown["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"] == {"application/json": "{}"}


@pytest.mark.spec("apigateway-052", "apigateway-053")
def test_a_preflight_is_answered_by_a_mock(api):
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET,OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type",
    }
    api.mock(api.root, "{}", "OPTIONS", headers=headers)
    api.mock(api.root, "{}", headers={"Access-Control-Allow-Origin": "*"})
    api.deploy()
    for method, names in (("OPTIONS", headers), ("GET", ["Access-Control-Allow-Origin"])):
        status, _, answered = api.request("/dev", method, headers={"Origin": "http://a.example"})
        assert status == 200
        assert {name: answered[name] for name in names} == {name: headers[name] for name in names}


@pytest.mark.spec("apigateway-044")
def test_the_integrations_timeout_has_bounds(api):
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    api.client.put_method(**at, authorizationType="NONE")
    for wrong in (49, 29_001):
        with pytest.raises(api.client.exceptions.BadRequestException, match="Timeout should be between"):
            api.client.put_integration(**at, type="MOCK", timeoutInMillis=wrong)
    api.client.put_integration(**at, type="MOCK")
    assert api.client.get_integration(**at)["timeoutInMillis"] == 29_000


@pytest.mark.spec("apigateway-045")
def test_a_function_that_takes_too_long_is_504_and_ends(api):
    source = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    print('woke')\n    return {'statusCode': 200}\n"
    function = make_function(api.account, source)
    role = {"RoleName": "r-f", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}
    api.account.client("iam").attach_role_policy(**role)
    api.proxy(api.root, function, timeoutInMillis=50)
    api.deploy()
    permit(api.account)
    assert api.get("/dev") == (504, {"message": "Endpoint request timed out"})
    events = api.account.client("logs").filter_log_events(logGroupName="/aws/lambda/f")["events"]
    assert any("woke" in event["message"] for event in events)


@pytest.mark.spec("apigateway-033")
def test_other_accounts_need_both_policies(api, cloud):
    api.mock(api.resource("p"), "{}", authorization="AWS_IAM")
    api.deploy()
    other = cloud.account()
    iam = other.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": other.number}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    allow = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=policy)
    key = other.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    keys = (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
    assert api.signed("/dev/p", *keys)[0] == 403
    granted = {**allow, "Principal": {"AWS": role}, "Resource": "execute-api:/*"}
    value = json.dumps({"Version": "2012-10-17", "Statement": [granted]})
    patch = {"op": "replace", "path": "/policy", "value": value}
    api.client.update_rest_api(restApiId=api.id, patchOperations=[patch])
    api.deploy()
    assert api.signed("/dev/p", *keys) == (200, {})
    assert api.get("/dev/p") == MISSING


SAM = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Api": {
            "Type": "AWS::Serverless::Api",
            "Properties": {
                "StageName": "prod",
                "Cors": "'*'",
                "EndpointConfiguration": "REGIONAL",
                "BinaryMediaTypes": ["image~1png"],
                "Auth": {
                    "DefaultAuthorizer": "AWS_IAM",
                    "AddDefaultAuthorizerToCorsPreflight": False,
                    "InvokeRole": "NONE",
                },
            },
        },
        "F": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.11",
                "Handler": "index.handler",
                "InlineCode": "def handler(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n",
                "Events": {
                    "Open": {"Type": "Api", "Properties": {"Path": "/hi/{x}", "Method": "get"}},
                    "Closed": {
                        "Type": "Api",
                        "Properties": {"Path": "/closed/{all+}", "Method": "any", "RestApiId": {"Ref": "Api"}},
                    },
                },
            },
        },
    },
    "Outputs": {"Implicit": {"Value": {"Ref": "ServerlessRestApi"}}, "Own": {"Value": {"Ref": "Api"}}},
}


def test_a_sam_template_makes_apis_that_answer(api):
    cloudformation = api.account.client("cloudformation")
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(SAM), Capabilities=capabilities)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    stack = cloudformation.describe_stacks(StackName="s")["Stacks"][0]
    ids = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert api.client.get_rest_api(restApiId=ids["Own"])["binaryMediaTypes"] == ["image/png"]
    api.id = ids["Implicit"]
    assert api.get("/Prod/hi/you") == (200, {})
    assert api.get("/Prod/hi") == MISSING
    api.id = ids["Own"]
    assert api.get("/prod/closed/a/b") == MISSING
    assert api.signed("/prod/closed/a/b", api.account.number, "test") == (200, {})
    status, _, headers = api.request("/prod/closed/a", "OPTIONS")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    cloudformation.delete_stack(StackName="s")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="s", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    remaining = {found["id"] for found in api.client.get_rest_apis()["items"]}
    assert not remaining & set(ids.values())


def test_what_is_not_here_is_refused_by_name(api):
    at = {"restApiId": api.id, "resourceId": api.root, "httpMethod": "GET"}
    with pytest.raises(ClientError, match="authorizers"):
        api.client.put_method(**at, authorizationType="COGNITO_USER_POOLS")
    api.client.put_method(**at, authorizationType="NONE")
    with pytest.raises(ClientError, match="HTTP_PROXY"):
        api.client.put_integration(**at, type="HTTP_PROXY", integrationHttpMethod="GET", uri="http://a.example")
    with pytest.raises(ClientError, match="#set"):
        api.client.put_integration(**at, type="MOCK", requestTemplates={"application/json": "#set($a = 1)"})


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


def test_requests_are_counted_as_metrics(api, billed):
    api.mock(api.resource("one"), "{}")
    api.deploy()
    assert (api.get("/dev/one")[0], api.get("/dev/two")[0]) == (200, 403)
    assert counted(api.account, "Count", ApiName="api") == 2.0
    assert counted(api.account, "4XXError", ApiName="api", Stage="dev") == 1.0
    assert counted(api.account, "5XXError", ApiName="api") == 0.0
    assert billed(api.account)["USE1-ApiGatewayRequest"] == 2.0
