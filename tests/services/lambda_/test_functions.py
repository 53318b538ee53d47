"""Functions: creating, configuring, publishing, deleting."""

import re
import zipfile
from io import BytesIO

import pytest

from skyjar.kernel.errors import NotImplementedHere


def test_a_function_has_its_defaults(lab):
    made = lab.create()
    assert made["State"] == "Pending"
    shown = lab.run("get_function_configuration", function_name="f")
    assert shown["State"] == "Active"
    assert (shown["MemorySize"], shown["Timeout"], shown["EphemeralStorage"]) == (128, 3, {"Size": 512})
    assert shown["FunctionArn"] == "arn:aws:lambda:us-east-1:111122223333:function:f"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", shown["LastModified"])


def test_nobody_signed_the_code(lab, refuses):
    """Terraform asks for every function."""
    lab.create()
    shown = lab.run("get_function_code_signing_config", function_name="f")
    assert shown == {"CodeSigningConfigArn": "", "FunctionName": "f"}
    refuses(
        "ResourceNotFoundException",
        "Function not found",
        lab.run,
        "get_function_code_signing_config",
        function_name="g",
    )


@pytest.mark.spec("lambda-001")
def test_a_name_is_taken_once(lab, refuses):
    lab.create()
    error = refuses("ResourceConflictException", "Function already exist: f", lab.create)
    assert error.status == 409


@pytest.mark.spec("lambda-001", "lambda-003")
def test_lambda_must_be_able_to_assume_the_role(lab, refuses):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}],
    }
    other = lab.make_role("other", trust)
    sentence = "The role defined for the function cannot be assumed by Lambda."
    refuses("InvalidParameterValueException", sentence, lab.create, role=other)
    refuses("InvalidParameterValueException", sentence, lab.create, role="arn:aws:iam::111122223333:role/none")
    lab.create()
    refuses(
        "InvalidParameterValueException",
        sentence,
        lab.run,
        "update_function_configuration",
        function_name="f",
        role=other,
    )


@pytest.mark.spec("lambda-005")
def test_memory_from_128_to_10240(lab, refuses):
    lab.create()
    lab.run("update_function_configuration", function_name="f", memory_size=10240)
    for wrong in (127, 10241):
        refuses(
            "ValidationException",
            "memorySize",
            lab.run,
            "update_function_configuration",
            function_name="f",
            memory_size=wrong,
        )


def test_timeout_at_most_900(lab, refuses):
    assert lab.create(timeout=900)["Timeout"] == 900
    refuses("ValidationException", "timeout", lab.create, "g", timeout=901)


@pytest.mark.spec("lambda-010")
def test_packages_have_limits(lab, refuses, zipped):
    refuses("RequestEntityTooLargeException", "", lab.create, code={"ZipFile": b"\0" * (53 << 20)})
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as into:
        into.writestr("zeros", b"\0" * 262_144_000)
    sentence = "Unzipped size must be smaller than 262144000 bytes"
    refuses("InvalidParameterValueException", sentence, lab.create, code={"ZipFile": bomb.getvalue()})
    refuses("InvalidParameterValueException", "Could not unzip", lab.create, code={"ZipFile": b"not a zip"})


def test_no_path_leaves_the_package(lab, refuses, zipped):
    for name in ("../x.py", "/etc/x", "a/../../x"):
        refuses(
            "InvalidParameterValueException", "Could not unzip", lab.create, code={"ZipFile": zipped(**{name: "x"})}
        )


@pytest.mark.spec("lambda-019")
def test_environment_is_at_most_4_kib(lab, refuses):
    refuses(
        "InvalidParameterValueException",
        "exceeded the 4KB limit",
        lab.create,
        environment={"Variables": {"A": "x" * 4096}},
    )
    lab.create(environment={"Variables": {f"V{n}": "x" for n in range(200)}})
    refuses(
        "InvalidParameterValueException",
        "reserved keys",
        lab.create,
        "g",
        environment={"Variables": {"AWS_REGION": "x"}},
    )


@pytest.mark.spec("lambda-023", "lambda-024")
def test_a_version_is_a_snapshot(lab, refuses):
    lab.create(environment={"Variables": {"A": "old"}})
    first = lab.run("publish_version", function_name="f")
    assert first["FunctionArn"].endswith(":function:f:1")
    assert lab.run("publish_version", function_name="f")["Version"] == "1"
    lab.run("update_function_configuration", function_name="f", environment={"Variables": {"A": "new"}})
    assert lab.run("publish_version", function_name="f")["Version"] == "2"
    old = lab.run("get_function_configuration", function_name="f", qualifier="1")
    assert old["Environment"]["Variables"] == {"A": "old"}
    shown = lab.run("list_versions_by_function", function_name="f")["Versions"]
    assert [each["FunctionArn"].rpartition(":")[2] for each in shown] == ["$LATEST", "1", "2"]
    refuses(
        "InvalidParameterValueException", "", lab.run, "update_function_configuration", function_name="f:1", timeout=4
    )


def test_publishing_the_same_code_again_is_no_change(lab, zipped):
    lab.create()
    lab.run("publish_version", function_name="f")
    lab.run("update_function_code", function_name="f", zip_file=zipped())
    assert lab.run("publish_version", function_name="f")["Version"] == "1"


@pytest.mark.spec("lambda-026", "lambda-027")
def test_an_alias_points_to_one_version(lab, refuses, zipped):
    lab.create()
    lab.run("publish_version", function_name="f")
    arn = lab.run("create_alias", function_name="f", name="PROD", function_version="1")["AliasArn"]
    lab.run("update_function_code", function_name="f", zip_file=zipped(**{"index.py": "new"}), publish=True)
    assert lab.invoke("f:PROD")["ExecutedVersion"] == "1"
    assert lab.run("update_alias", function_name="f", name="PROD", function_version="2")["AliasArn"] == arn
    assert lab.invoke(arn)["ExecutedVersion"] == "2"
    assert lab.invoke("f:$LATEST")["ExecutedVersion"] == "$LATEST"
    refuses("InvalidParameterValueException", "$LATEST is not supported", lab.run, "create_alias", function_name="f", name="x",
            function_version="$LATEST", routing_config={"AdditionalVersionWeights": {"1": 0.5}})  # fmt: skip
    refuses(
        "ResourceConflictException",
        "aliases reference it",
        lab.run,
        "delete_function",
        function_name="f",
        qualifier="2",
    )


@pytest.mark.spec("lambda-028")
def test_weights_split_the_traffic(lab):
    lab.create()
    lab.run("publish_version", function_name="f")
    lab.run("update_function_configuration", function_name="f", timeout=4)
    lab.run("publish_version", function_name="f")
    lab.run(
        "create_alias",
        function_name="f",
        name="a",
        function_version="1",
        routing_config={"AdditionalVersionWeights": {"2": 0.1}},
    )
    ran = [lab.invoke("f:a")["ExecutedVersion"] for _ in range(300)]
    assert 10 < ran.count("2") < 60


def test_revisions_protect_updates(lab, refuses):
    revision = lab.create()["RevisionId"]
    lab.run("update_function_configuration", function_name="f", timeout=4, revision_id=revision)
    refuses(
        "PreconditionFailedException",
        "Revision Id",
        lab.run,
        "update_function_configuration",
        function_name="f",
        timeout=5,
        revision_id=revision,
    )


@pytest.mark.spec("lambda-012")
def test_at_most_five_layers(lab, refuses, zipped):
    arns = [
        lab.run("publish_layer_version", layer_name=f"l{n}", content={"ZipFile": zipped(**{"python/x.py": str(n)})})[
            "LayerVersionArn"
        ]
        for n in range(6)
    ]
    assert len(lab.create(layers=arns[:5])["Layers"]) == 5
    refuses("InvalidParameterValueException", "more than 5 layers", lab.create, "g", layers=arns)
    refuses("InvalidParameterValueException", "does not exist", lab.create, "g", layers=[arns[0][:-1] + "9"])


def test_deleting_leaves_nothing(lab, refuses):
    lab.create()
    lab.run("publish_version", function_name="f")
    lab.run("put_function_concurrency", function_name="f", reserved_concurrent_executions=5)
    lab.run("delete_function", function_name="f")
    refuses(
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda:us-east-1:111122223333:function:f:1",
        lab.run,
        "get_function",
        function_name="f:1",
    )
    assert lab.run("get_account_settings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 1000


def test_what_is_not_there_is_refused(lab):
    for given in (
        {"tracing_config": {"Mode": "Active"}},
        {"vpc_config": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
        {"package_type": "Image", "code": {"ImageUri": "x"}},
    ):
        with pytest.raises(NotImplementedHere):
            lab.create(**given)
    assert lab.create(tracing_config={"Mode": "PassThrough"}, vpc_config={"SubnetIds": [], "SecurityGroupIds": []})
