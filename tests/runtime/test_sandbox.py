"""What a function sees and what its caller gets."""

import asyncio
import json
import os
import re

import pytest

ECHO = "def handler(event, context):\n    return event\n"
ID = "8f5074bd-0000-4000-8000-1234567890ab"


def test_the_event_comes_back(world):
    assert world.value(world.function(ECHO), {"a": [1, "ü"]}) == {"a": [1, "ü"]}


def test_the_environment_is_lambdas_and_nothing_else(world, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_PARENT", "x")
    source = (
        "import os\nfound = dict(os.environ)\ndef handler(e, c):\n    return [found, os.environ['_X_AMZN_TRACE_ID']]\n"
    )
    function = world.function(
        source, name="shop", environment=(("TABLE", "orders"),), endpoint_url="http://127.0.0.1:4566", memory_mib=256
    )
    found, trace = world.value(function, trace_id="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    assert trace == "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found.pop("AWS_LAMBDA_LOG_STREAM_NAME"))
    assert re.fullmatch(r"127\.0\.0\.1:\d+", found.pop("AWS_LAMBDA_RUNTIME_API"))
    assert found.pop("LD_LIBRARY_PATH") and found.pop("PATH") and found.pop("PYTHONPATH")
    assert found == {
        "AWS_ACCESS_KEY_ID": "ASIAKEY",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "shop",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/shop",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "TABLE": "orders",
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
    }


def test_the_context_has_what_lambda_gives(world):
    source = (
        "def handler(e, c):\n"
        "    return [c.aws_request_id, c.function_name, c.memory_limit_in_mb, c.invoked_function_arn,\n"
        "            c.client_context.custom, c.get_remaining_time_in_millis()]\n"
    )
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:live"
    function = world.function(source, name="f")
    found = world.value(function, request_id=ID, invoked_arn=arn, client_context='{"custom": {"k": "v"}}')
    assert found[:5] == [ID, "f", "128", arn, {"k": "v"}]
    assert 3000 < found[5] <= 5000


def test_a_module_that_is_missing_is_named(world):
    result = world.fault(world.function("import nothing_like_this\n"))
    assert result == {
        "errorMessage": "Unable to import module 'app': No module named 'nothing_like_this'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }
    assert any(line.startswith("[ERROR] Runtime.ImportModuleError: Unable to import") for line in world.log())


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (ECHO, "app.other", "Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'"),
        (
            "def x(:\n",
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        (
            ECHO,
            "app",
            "Runtime.MalformedHandlerName",
            "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
        ),
        (ECHO, "lost.handler", "Runtime.ImportModuleError", "Unable to import module 'lost': No module named 'lost'"),
        ("raise ValueError('at once')", "app.handler", "ValueError", "at once"),
    ],
)
def test_what_cannot_be_loaded_says_why(world, source, handler, kind, message):
    found = world.fault(world.function(source, handler=handler))
    assert (found["errorType"], found["errorMessage"]) == (kind, message)


def test_an_exception_comes_with_its_trace(world):
    found = world.fault(world.function("def handler(e, c):\n    raise KeyError('gone')\n"), request_id=ID)
    assert found == {
        "errorMessage": "'gone'",
        "errorType": "KeyError",
        "requestId": ID,
        "stackTrace": ["  File \"/var/task/app.py\", line 2, in handler\n    raise KeyError('gone')\n"],
    }
    event = next(line for line in world.log() if line.startswith("[ERROR]"))
    assert event == (
        "[ERROR] KeyError: 'gone'\nTraceback (most recent call last):\n"
        "\xa0\xa0File \"/var/task/app.py\", line 2, in handler\n\xa0\xa0\xa0\xa0raise KeyError('gone')\n"
    )


def test_what_json_cannot_hold_is_a_marshal_error(world):
    found = world.fault(world.function("def handler(e, c):\n    return {1, 2}\n"))
    assert found["errorType"] == "Runtime.MarshalError"
    assert found["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_a_timeout_ends_the_call_and_the_sandbox(world):
    source = "import time, os\nn = []\ndef handler(e, c):\n    n.append(1)\n    time.sleep(e)\n    return len(n)\n"
    function = world.function(source, timeout_s=0.4)
    assert world.value(function, 0) == 1
    assert world.value(function, 0) == 2
    result = world.invoke(function, 30, request_id=ID)
    assert json.loads(result.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {ID} Error: Task timed out after 0.40 seconds",
    }
    assert (result.error, result.billed_ms) == ("Unhandled", 400)
    assert any(re.fullmatch(rf"[\d-]+T[\d:.]+Z {ID} Task timed out after 0\.40 seconds\n\n", li) for li in world.log())
    assert world.log()[-1].endswith("Status: timeout\t\n")
    assert world.value(function, 0) == 1


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("sys.exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("ctypes.string_at(0)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_process_that_ends_is_an_error(world, how, message):
    function = world.function(f"import os, sys, ctypes\ndef handler(e, c):\n    e and {how}\n")
    found = world.fault(function, 1, request_id=ID)
    assert found == {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {ID} Error: {message}"}
    assert world.value(function, 0) is None


def test_too_much_memory_is_killed(world):
    source = "def handler(e, c):\n    x = []\n    while e:\n        x.append(bytes(10_000_000).replace(b'\\0', b'1'))\n"
    function = world.function(source, memory_mib=128, timeout_s=10)
    result = world.invoke(function, 1, request_id=ID)
    assert json.loads(result.payload) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {ID} Error: Runtime exited with error: signal: killed",
    }
    assert result.max_memory_mib == 128
    assert world.log()[-1].endswith("Status: error\tError Type: Runtime.OutOfMemory\t\n")


def test_a_response_over_six_megabytes_is_refused(world):
    function = world.function("def handler(e, c):\n    return 'x' * e\n")
    assert len(world.value(function, 6 * 1024 * 1024)) == 6 * 1024 * 1024
    found = world.fault(function, 6 * 1024 * 1024 + 200)
    assert found["errorType"] == "Function.ResponseSizeTooLarge"
    assert found["errorMessage"] == "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
    assert len(world.value(function, 10)) == 10


def test_a_large_event_arrives(world):
    function = world.function("def handler(e, c):\n    return len(e)\n")
    assert world.value(function, "x" * 5_000_000) == 5_000_000


def test_the_task_is_read_only_and_tmp_is_its_own(world):
    source = (
        "import os, pwd\n"
        "def handler(e, c):\n"
        "    try:\n"
        "        open('/var/task/x', 'w')\n"
        "        refused = None\n"
        "    except OSError as error:\n"
        "        refused = error.strerror\n"
        "    before = os.listdir('/tmp')\n"
        "    open('/tmp/mine', 'w').write('x')\n"
        "    return [refused, before, os.getcwd(), os.path.exists(e)]\n"
    )
    one, other = world.function(source), world.function(source)
    hidden = str(world.directory)
    assert world.value(one, hidden) == ["Read-only file system", [], "/var/task", False]
    assert world.value(one, hidden)[1] == ["mine"]
    assert world.value(other, hidden)[1] == []


def test_tmp_has_its_limit(world):
    source = (
        "def handler(e, c):\n"
        "    try:\n"
        "        with open('/tmp/big', 'wb') as f:\n"
        "            for _ in range(e):\n"
        "                f.write(bytes(1 << 20))\n"
        "    except OSError as error:\n"
        "        return error.strerror\n"
    )
    function = world.function(source, ephemeral_mib=16)
    assert world.value(function, 10) is None
    assert world.value(function, 20) == "No space left on device"


def test_layers_are_merged_into_opt_and_later_ones_win(world):
    one = world.code({"python/tool.py": "v = 1\n", "data/only": "one"})
    two = world.code({"python/tool.py": "v = 2\n"})
    source = "import tool, os\ndef handler(e, c):\n    return [tool.v, open('/opt/data/only').read()]\n"
    assert world.value(world.function(source, layers=(one, two))) == [2, "one"]
    assert world.value(world.function(source, layers=(one,))) == [1, "one"]


def test_boto3_is_there_and_the_rest_of_skyjar_is_not(world):
    source = (
        "import boto3, sys\n"
        "c = boto3.client('sqs')\n"
        "def handler(e, c2):\n"
        "    try:\n"
        "        import msgspec\n"
        "        leaked = True\n"
        "    except ImportError:\n"
        "        leaked = False\n"
        "    return [c.meta.endpoint_url, boto3.__file__, leaked]\n"
    )
    function = world.function(source, endpoint_url="http://127.0.0.1:4566")
    assert world.value(function) == ["http://127.0.0.1:4566", "/var/runtime/boto3/__init__.py", False]


def test_the_functions_own_boto3_wins_over_ours(world):
    files = {"app.py": "import boto3\ndef handler(e, c):\n    return boto3.mine\n", "boto3/__init__.py": "mine = 7\n"}
    world.run(world.sandboxes.prepare("python3.11"))
    assert world.value(world.function(files=files)) == 7


def test_subprocesses_die_with_their_sandbox(world):
    source = (
        "import subprocess\n"
        "def handler(e, c):\n"
        "    p = subprocess.Popen(['sleep', '97531'], start_new_session=True)\n"
        "    while not open(f'/proc/{p.pid}/cmdline').read(): pass\n"  # Popen returns a moment before it is there
        "    return p.pid\n"
    )
    function = world.function(source)
    world.value(function)
    assert sleepers() == 1
    world.run(world.sandboxes.retire(function.arn))
    assert sleepers() == 0


def sleepers() -> int:
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                count += b"97531" in file.read()
        except OSError:
            pass
    return count


def test_without_namespaces_it_still_works(world):
    world.options = {"isolate": False}
    layer = world.code({"python/tool.py": "v = 1\n"})
    source = (
        "import tool, boto3, os\ndef handler(e, c):\n    return [tool.v, os.getcwd(), os.environ['LAMBDA_TASK_ROOT']]\n"
    )
    function = world.function(source, layers=(layer,))
    assert world.value(function) == [1, str(function.code), str(function.code)]


def test_a_sandbox_may_be_ended_by_two_at_a_time(world):
    world.value(world.function(ECHO))
    (sandbox,) = world.sandboxes._all

    async def both() -> None:
        await asyncio.gather(sandbox.end(), sandbox.end())

    world.run(both())
