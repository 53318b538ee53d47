"""Which sandbox takes a call, how long it lives, and that nothing is left."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from skyjar.runtime.functions import PROVISIONED, RuntimeMissing, Stopped

COUNT = "import os\nn = []\ndef handler(e, c):\n    n.append(1)\n    return [os.environ['AWS_LAMBDA_LOG_STREAM_NAME'], len(n)]\n"
SLEEP = "import time\ndef handler(e, c):\n    time.sleep(e)\n    return e\n"


def becomes(check, deadline_s: float = 5.0) -> bool:
    """Whether `check` becomes true before the deadline."""
    end = time.monotonic() + deadline_s
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


@pytest.mark.spec("lambda-038")
def test_a_sandbox_is_used_again_and_only_the_first_call_has_an_init(world):
    function = world.function(COUNT)
    results = [world.invoke(function) for _ in range(3)]
    assert len({result.log_stream for result in results}) == 1
    assert [result.init_ms is not None for result in results] == [True, False, False]
    assert world.value(function)[1] == 4


@pytest.mark.spec("lambda-039")
def test_concurrent_calls_get_a_sandbox_each(world):
    function = world.function(SLEEP)

    async def both():
        return await asyncio.gather(world.call(function, 0.2), world.call(function, 0.2))

    assert len({result.log_stream for result in world.run(both())}) == 2
    assert len(world.sandboxes) == 2


def test_beyond_the_limit_calls_wait(world):
    world.options = {"limit": 2}
    function = world.function(SLEEP)

    async def many():
        return await asyncio.gather(*(world.call(function, 0.02) for _ in range(6)))

    results = world.run(many())
    assert len({result.log_stream for result in results}) == 2
    assert world.value(world.function(SLEEP), 0) == 0  # an idle one of the other function makes room
    assert len(world.sandboxes) == 2


def test_it_is_frozen_between_calls(world):
    source = (
        "import threading, time\nn = [0]\n"
        "def count():\n    while True:\n        n[0] += 1\n        time.sleep(0.001)\n"
        "threading.Thread(target=count, daemon=True).start()\n"
        "def handler(e, c):\n"
        "    before = n[0]\n    while n[0] < before + 3:\n        time.sleep(0.001)\n    return n[0]\n"
    )
    function = world.function(source)
    for _ in range(2):  # its thread runs during calls, and only then
        assert world.value(function) > 2
        (pid,) = (sandbox._process.pid for sandbox in world.sandboxes._all)
        assert becomes(lambda pid=pid: state(pid) == "T")


def test_another_revision_retires_it(world):
    one = world.function(COUNT, name="f", revision="1")
    two = world.function(COUNT, name="f", revision="2")
    assert world.value(one)[1] == 1
    assert world.value(two)[1] == 1
    assert len(world.sandboxes) == 1
    assert world.value(two)[1] == 2


def test_idle_ones_are_retired(world):
    world.options = {"idle_s": 0.05}
    function = world.function(COUNT)
    world.value(function)

    async def empty():
        while len(world.sandboxes):
            await asyncio.sleep(0.01)

    world.run(empty())
    assert world.value(function)[1] == 1


def test_it_does_not_outlive_its_credentials(world):
    world.expires_in_s = 5.0
    function = world.function(COUNT)
    assert world.value(function)[1] == 1
    assert world.value(function)[1] == 1


def test_the_hundredth_sandbox_begins_like_the_first(world):
    """One parent holds a handle of each; none of their numbers is free for anything else."""

    async def all_at_once():
        return await asyncio.gather(*(world.call(world.function(COUNT)) for _ in range(120)))

    assert {result.error for result in world.run(all_at_once())} == {None}
    assert len(world.sandboxes) == 120


def test_a_runtime_that_is_not_there_is_refused_by_name(world):
    with pytest.raises(
        RuntimeMissing, match=r"needs a python3\.99 interpreter, and only .*python3\.11.* was found; install"
    ):
        world.invoke(world.function(COUNT, runtime="python3.99"))
    with pytest.raises(RuntimeMissing, match="java21 is not one"):
        world.invoke(world.function(COUNT, runtime="java21"))
    assert any("needs a python3.99 interpreter" in line for line in world.log())


def test_stop_leaves_nothing_and_tells_those_who_wait(world):
    function = world.function(SLEEP)

    async def interrupted():
        call = asyncio.ensure_future(world.call(function, 30))
        while not any(sandbox.call and sandbox._ready.done() for sandbox in world.sandboxes._all):
            await asyncio.sleep(0.005)
        pids = [sandbox._process.pid for sandbox in world.sandboxes._all]
        pids += [zygote.pid for zygote in world.sandboxes._launchers._zygotes.values()]
        await world.sandboxes.stop()
        with pytest.raises(Stopped):
            await call
        return pids

    pids = world.run(interrupted())
    assert len(pids) == 2
    assert [state(pid) for pid in pids] == ["gone", "gone"]


def test_a_call_that_is_given_up_takes_its_process_along(world):
    function = world.function(SLEEP)
    world.value(function, 0)

    async def give_up():
        call = asyncio.ensure_future(world.call(function, 30))
        await asyncio.sleep(0)
        (sandbox,) = world.sandboxes._all
        pid = sandbox._process.pid
        call.cancel()
        while state(pid) != "gone":
            await asyncio.sleep(0.005)

    world.run(give_up())
    assert len(world.sandboxes) == 0


PARENT = """
import asyncio, sys, time
from pathlib import Path
from skyjar.runtime.functions import Credentials, Function
from skyjar.runtime.sandboxes import Sandboxes

async def main():
    boxes = Sandboxes(directory=Path(sys.argv[1]), credentials=lambda f: Credentials("a", "b", "c", time.time() + 900),
                      logs=lambda *_: None, isolate=sys.argv[3] == "yes")
    f = Function(arn="f", name="f", runtime="python3.11", handler="app.handler", code=Path(sys.argv[2]), timeout_s=60)
    await boxes.invoke(f, b"0", request_id="1")
    call = asyncio.ensure_future(boxes.invoke(f, b"50", request_id="2"))
    other = asyncio.ensure_future(boxes.invoke(f, b"0", request_id="3"))
    await other
    pids = [s._process.pid for s in boxes._all] + [z.pid for z in boxes._launchers._zygotes.values()]
    print(*pids, flush=True)
    await call

asyncio.run(main())
"""


@pytest.mark.parametrize("isolate", ["yes", "no"])
def test_kill_9_of_the_parent_leaves_nothing(world, isolate):
    code = world.code({"app.py": SLEEP})
    command = [sys.executable, "-c", PARENT, str(world.directory / "other"), str(code), isolate]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3  # one working, one frozen, their zygote
        assert all(state(pid) in "SRTD" for pid in pids)
        os.kill(parent.pid, signal.SIGKILL)
    assert becomes(lambda: all(state(pid) in ("gone", "Z") for pid in pids)), [state(pid) for pid in pids]


def test_what_is_found_names_the_own_interpreter_and_the_isolation(world):
    found = {one.name: one for one in world.run(world.sandboxes.found())}
    assert found["python3.11"].path.is_file()
    assert found["sandbox"].version


KIND = """
import os, time
began = time.monotonic()
def handler(event, context):
    time.sleep(event or 0)
    return [os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"], os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], began]
"""


def kept(world, function):
    return msgspec.structs.replace(function, init_type=PROVISIONED)


@pytest.mark.spec("lambda-049")
def test_provisioned_sandboxes_have_begun_before_a_call_comes(world):
    function = world.function(KIND)
    ready = kept(world, function)
    assert world.run(world.sandboxes.provision(ready, 2)) == 2
    before = time.monotonic()
    result = world.run(world.call(function, ready=ready))
    kind, _, began = json.loads(result.payload)
    assert (kind, result.init_type, result.init_ms) == (PROVISIONED, PROVISIONED, None)
    assert began < before
    assert "Init Duration" not in "".join(line for _, _, line in world.lines)


def test_what_is_more_than_provisioned_begins_on_demand(world):
    function = world.function(KIND)
    ready = kept(world, function)
    world.run(world.sandboxes.provision(ready, 1))

    async def both():
        return await asyncio.gather(world.call(function, 0.2, ready=ready), world.call(function, 0.2, ready=ready))

    kinds = sorted(json.loads(result.payload)[0] for result in world.run(both()))
    assert kinds == ["on-demand", PROVISIONED]
    assert json.loads(world.run(world.call(function, ready=ready)).payload)[0] == PROVISIONED


def test_provisioned_sandboxes_are_not_retired_and_are_given_up_when_told(world):
    world.options = {"idle_s": 0.05}
    function = world.function(KIND)
    ready = kept(world, function)
    world.run(world.sandboxes.provision(ready, 2))
    world.run(asyncio.sleep(0.2))
    assert world.sandboxes.ready(ready) == 2
    assert world.run(world.sandboxes.provision(ready, 1)) == 1
    assert world.run(world.sandboxes.provision(ready, 0)) == 0


def test_a_provisioned_sandbox_that_is_lost_is_made_anew(world):
    function = world.function("import os\ndef handler(e, c):\n    os._exit(1)\n")
    ready = kept(world, function)
    world.run(world.sandboxes.provision(ready, 1))
    assert world.run(world.call(function, ready=ready)).error == "Unhandled"
    assert world.run(world.sandboxes.provision(ready, 1)) == 1


def test_one_that_cannot_begin_is_not_there(world):
    function = world.function("raise RuntimeError('no')")
    assert world.run(world.sandboxes.provision(kept(world, function), 1)) == 0
