"""Node and provided runtimes, and clients of the Runtime API that are not ours."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from skyjar.runtime import interpreters

BOOTSTRAP = """#!/bin/sh
API=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
echo ready
while true; do
  BODY=$(curl -sS -D /tmp/head "$API/invocation/next")
  ID=$(grep -i lambda-runtime-aws-request-id /tmp/head | tr -d '[:space:]' | cut -d: -f2)
  if [ "$BODY" = '"fail"' ]; then
    curl -sS -X POST "$API/invocation/$ID/error" -d '{"errorMessage":"no","errorType":"Mine"}' >/dev/null
  else
    curl -sS -X POST "$API/invocation/$ID/response" -d "{\\"got\\":$BODY,\\"in\\":\\"$PWD\\"}" >/dev/null
  fi
done
"""


def node(world, source: str, name: str = "index.js", **fields):
    runtime = next((found.name for found in interpreters.nodes()), None)
    if runtime is None:
        pytest.skip("no Node.js on this machine")
    return world.function(
        files={name: source}, runtime=runtime, handler=fields.pop("handler", "index.handler"), **fields
    )


def test_node_runs_async_handlers_and_keeps_its_state(world):
    function = node(
        world,
        "let n = 0; exports.handler = async (e, c) => {"
        " console.log('hello', {a: 1}); return {e, n: ++n, id: c.awsRequestId, cwd: process.cwd(),"
        " names: Object.keys(process.env).sort(), table: process.env.TABLE} }",
        environment=(("TABLE", "t"),),
    )
    found = world.value(function, {"x": 1}, request_id="id-1")
    assert (found["e"], found["n"], found["id"], found["cwd"], found["table"]) == (
        {"x": 1},
        1,
        "id-1",
        "/var/task",
        "t",
    )
    assert not {"HOME", "_SKYJAR_WAIT", "USER", "PWD"} & set(found["names"])
    assert world.value(function, {})["n"] == 2
    assert any(line.endswith("Z\tid-1\tINFO\thello { a: 1 }\n") for line in world.log())


def test_node_modules_callbacks_and_streams(world):
    assert world.value(node(world, "export const handler = async () => 'esm'", "index.mjs")) == "esm"
    callback = "exports.handler = (e, c, cb) => { setTimeout(() => cb(null, 'late'), 5) }"
    function = node(world, callback)
    assert [world.value(function), world.value(function)] == ["late", "late"]
    streaming = (
        "exports.handler = awslambda.streamifyResponse(async (e, s) => {"
        " s.setContentType('text/plain'); s.write('one,'); s.write('two'); s.end() })"
    )
    result = world.invoke(node(world, streaming))
    assert (result.payload, result.content_type) == (b"one,two", "text/plain")


@pytest.mark.parametrize("is_waiting", [False, True])
def test_node_finds_the_packages_of_layers_and_of_the_runtime(world, tmp_path, is_waiting):
    layer = tmp_path / "layer" / "nodejs" / "node_modules" / "inner"
    runtime = tmp_path / "packages" / "@aws-sdk" / "thing"
    for folder, word in ((layer, "layer"), (runtime, "runtime")):
        folder.mkdir(parents=True)
        (folder / "index.js").write_text(f"module.exports = '{word}'")
    world.options["node_modules"] = tmp_path / "packages"
    source = "const words = [require('inner'), require('@aws-sdk/thing')]; exports.handler = async () => words"
    function = node(world, source, layers=(tmp_path / "layer",))
    if is_waiting:
        world.run(world.sandboxes.prepare(function.runtime))
    assert world.value(function) == ["layer", "runtime"]


def test_answers_of_custom_resources_reach_cloudformation(world):
    """Handlers keep host and path of the ResponseURL, and answer over https to the usual port."""
    asked = []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    source = """
const https = require("https");
exports.handler = (event) => new Promise((resolve) => {
  const request = https.request({ hostname: event.host, path: event.path, method: "PUT" }, (answer) => resolve(answer.statusCode));
  request.on("error", (error) => resolve(error.code));
  request.end();
});
"""

    async def invoke():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        function = node(world, source, endpoint_url=f"http://127.0.0.1:{port}")
        found = []
        for path in ("/_aws/cloudformation/custom-resources/k/s", "/other"):
            result = await world.call(function, {"host": "127.0.0.1", "path": path})
            found.append(json.loads(result.payload))
        server.close()
        return found

    assert world.run(invoke()) == [200, "ECONNREFUSED"]
    assert asked == [b"PUT /_aws/cloudformation/custom-resources/k/s HTTP/1.1"]


def test_node_errors_have_lambdas_shape(world):
    found = world.fault(node(world, "exports.handler = async () => { throw new TypeError('bad') }"))
    assert (found["errorType"], found["errorMessage"]) == ("TypeError", "bad")
    assert found["trace"][0] == "TypeError: bad"
    assert "node.mjs" not in str(found["trace"])
    found = world.fault(node(world, "exports.other = 1"))
    assert (found["errorType"], found["errorMessage"]) == (
        "Runtime.HandlerNotFound",
        "index.handler is undefined or not exported",
    )
    found = world.fault(node(world, "require('nothing')"))
    assert found["errorType"] == "Runtime.ImportModuleError"
    assert found["errorMessage"].startswith("Error: Cannot find module 'nothing'\nRequire stack:\n- /var/task/index.js")
    found = world.fault(node(world, "exports.handler = ("))
    assert found["errorType"] == "Runtime.UserCodeSyntaxError"
    found = world.fault(node(world, "exports.handler = () => new Promise(() => { process.exit(7) })"))
    assert found["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


def test_a_shell_script_is_a_runtime(world):
    function = world.function(files={"bootstrap": BOOTSTRAP}, runtime="provided.al2023", handler="x")
    assert world.value(function, 5) == {"got": 5, "in": "/var/task"}
    assert world.fault(function, "fail") == {"errorMessage": "no", "errorType": "Mine"}
    assert "ready\n" in world.log()


def test_a_missing_bootstrap_is_said(world):
    found = world.fault(world.function(files={"readme": ""}, runtime="provided.al2", handler="x"))
    assert found["errorType"] == "Runtime.InvalidEntrypoint"
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in found["errorMessage"]


def test_an_exec_wrapper_starts_the_runtime(world):
    layer = world.code({"wrap": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'})
    source = "import os, boto3\ndef handler(e, c):\n    return [os.environ['WRAPPED'], boto3.__file__[:12]]\n"
    environment = (("AWS_LAMBDA_EXEC_WRAPPER", "/opt/wrap"),)
    assert world.value(world.function(source, layers=(layer,), environment=environment)) == ["yes", "/var/runtime"]


EXTENSION = """#!/bin/sh
API=http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension
curl -sS -D /tmp/e -H 'Lambda-Extension-Name: watch' -d '{"events":["INVOKE","SHUTDOWN"]}' $API/register
ID=$(grep -i lambda-extension-identifier /tmp/e | tr -d '[:space:]' | cut -d: -f2)
while true; do
  EVENT=$(curl -sS -H "Lambda-Extension-Identifier: $ID" $API/event/next)
  echo "extension saw $EVENT"
  case "$EVENT" in *SHUTDOWN*) exit 0;; esac
done
"""


def test_an_external_extension_sees_calls_and_the_shutdown(world):
    layer = world.code({"extensions/watch": EXTENSION})
    function = world.function("import time\ntime.sleep(0.1)\ndef handler(e, c):\n    return e\n", layers=(layer,))
    assert world.value(function, 1, request_id="id-1") == 1
    assert world.value(function, 2, request_id="id-2") == 2
    world.run(world.sandboxes.retire(function.arn))
    seen = [line for line in world.log() if "extension saw" in line]
    assert [json.loads(line.partition("saw ")[2])["eventType"] for line in seen] == ["INVOKE", "INVOKE", "SHUTDOWN"]


@pytest.fixture(scope="session")
def awslambdaric() -> Path:
    """The unmodified client, installed once for all runs."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    target = Path(__file__).parents[2] / ".venv" / f"awslambdaric-{version}"
    if not (target / "awslambdaric").exists():
        uv = Path(sys.prefix) / "bin/uv"
        command = [uv, "pip", "install", "-q", "--python", sys.executable, "--target", target, "awslambdaric"]
        if not uv.exists() or subprocess.run(command, check=False, timeout=60).returncode:
            pytest.skip("awslambdaric could not be installed")
    return target


CHUNKED = """#!/usr/bin/python3
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation/"
while True:
    api.request("GET", base + "next")
    reply = api.getresponse()
    size = int(reply.read())
    path = base + reply.headers["Lambda-Runtime-Aws-Request-Id"] + "/response"
    headers = {"Lambda-Runtime-Function-Response-Mode": "streaming", "Content-Type": "text/x"}
    api.request("POST", path, iter([b"x" * size, b"y" * size]), headers, encode_chunked=True)
    api.getresponse().read()
"""


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="no system Python")
def test_a_streamed_response_is_taken_whole(world):
    function = world.function(files={"bootstrap": CHUNKED}, runtime="provided.al2023", handler="x")
    result = world.invoke(function, 3)
    assert (result.payload, result.content_type, result.error) == (b"xxxyyy", "text/x", None)
    assert world.fault(function, 4_000_000)["errorType"] == "Function.ResponseSizeTooLarge"
    assert world.invoke(function, 1).payload == b"xy"


@pytest.mark.parametrize("version", interpreters.PYTHONS)
def test_every_python_that_is_found_runs(world, version):
    if interpreters.python(version) is None:
        pytest.skip(f"no python{version}")
    source = "import sys\ndef handler(e, c):\n    return '%d.%d' % sys.version_info[:2]\n"
    assert world.value(world.function(source, runtime=f"python{version}")) == version


def test_awslambdaric_unmodified(world, awslambdaric):
    own = interpreters.python(f"{sys.version_info.major}.{sys.version_info.minor}")
    script = f"#!/bin/sh\nPYTHONPATH=/opt exec {own.path} -S -m awslambdaric app.handler\n"
    source = "def handler(e, c):\n    print('in', c.function_name)\n    return {'got': e, 'left': c.get_remaining_time_in_millis() > 0}\n"
    function = world.function(
        files={"bootstrap": script, "app.py": source}, runtime="provided.al2023", layers=(awslambdaric,)
    )
    for number in range(3):
        assert world.value(function, number) == {"got": number, "left": True}
    found = world.fault(
        world.function(files={"bootstrap": script, "app.py": "import gone"}, runtime="provided", layers=(awslambdaric,))
    )
    assert found["errorType"] == "Runtime.ImportModuleError"
