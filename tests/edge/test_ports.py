"""Ports of a service's own: who is not understood is hung up on, who says nothing is not kept, and nothing breaks the cloud."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import cbor2
import pytest

import skyjar
from skyjar.planes.dax.messages import METHODS
from skyjar.testing.running import Running

pytestmark = pytest.mark.client
ROUNDS = int(os.environ.get("SKYJAR_ROUNDS", "80"))
GREETING = b"".join(map(cbor2.dumps, ("J7yne5G", 0, None, {"UserAgent": "x"}, 0)))
SIGN_IN = b"".join(map(cbor2.dumps, (1, 1489122155, "test", "s", b"x", None, None)))
ENDPOINTS = cbor2.dumps(1) + cbor2.dumps(455855874)
TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"dax.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Running]:
    with skyjar.running() as running:
        yield running


@pytest.fixture(scope="module")
def port(cloud: Running) -> int:
    iam, dax = cloud.client("iam"), cloud.client("dax")
    role = iam.create_role(RoleName="dax", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    allowed = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"}]}'
    iam.put_role_policy(RoleName="dax", PolicyName="p", PolicyDocument=allowed)
    cloud.client("dynamodb").create_table(
        TableName="tab", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    dax.create_cluster(ClusterName="c", NodeType="dax.t3.small", ReplicationFactor=1, IamRoleArn=role)
    cloud.settle()
    found: int = dax.describe_clusters()["Clusters"][0]["ClusterDiscoveryEndpoint"]["Port"]
    return found


@contextlib.contextmanager
def line(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        yield connection


def answers(port: int) -> bool:
    """Whether a well-behaved client is still served."""
    with line(port) as connection:
        connection.sendall(GREETING + SIGN_IN + ENDPOINTS)
        return connection.recv(100).startswith(b"\x80\x81")


def test_it_listens_on_loopback_alone(cloud: Running, port: int) -> None:
    found = [server.sockets[0].getsockname()[0] for server in cloud.cloud.ports._servers.values()]
    assert found == ["127.0.0.1"] * 2


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02", GREETING + b"\x02", b"\xff"]
)
def test_strangers_are_hung_up_on(port: int, data: bytes) -> None:
    with line(port) as connection:
        connection.sendall(data)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
    assert answers(port)


def test_many_requests_at_once_are_answered_in_order(port: int) -> None:
    """The client takes its answers only at the end."""
    ask = b"".join(cbor2.dumps(1) + cbor2.dumps(-1230579644) + cbor2.dumps([f"n{n % 3}"]) for n in range(3000))
    came = b""
    with line(port) as connection:
        sender = threading.Thread(target=connection.sendall, args=(GREETING + SIGN_IN + ask,))
        sender.start()
        while len(came) < 6000:
            more = connection.recv(65536)
            assert more
            came += more
        sender.join(20)
    assert came == came[:6] * 1000
    assert len({came[1], came[3], came[5]}) == 3


def test_who_did_not_sign_in_is_told_so(port: int) -> None:
    with line(port) as connection:
        connection.sendall(GREETING + ENDPOINTS)
        assert cbor2.loads(connection.recv(1000)) == [4, 23, 31, 33]


def test_who_begins_and_says_no_more_is_not_kept(cloud: Running, port: int) -> None:
    edge = cloud.cloud.edge
    with line(port) as slow, line(port) as idle:
        slow.sendall(GREETING + ENDPOINTS[:3])
        idle.sendall(GREETING + SIGN_IN + ENDPOINTS)
        assert idle.recv(100)
        cloud.call(lambda: edge.advance(edge.limits.body_idle_s + 1))
        with contextlib.suppress(ConnectionResetError):
            assert slow.recv(100) == b""
        idle.sendall(ENDPOINTS)
        assert idle.recv(100)
        cloud.call(lambda: edge.advance(edge.limits.line_idle_s + 1))
        with contextlib.suppress(ConnectionResetError):
            assert idle.recv(100) == b""
    assert answers(port)


def junk(chance: random.Random, depth: int = 0) -> Any:
    """Any item, now and then one that means something."""
    plain = (None, True, 0, 1, -1, 2**70, 1.5, "", "tab", b"", b"tab", b"key", cbor2.dumps([1, [18, "a"], []]), 9)
    if depth > 3 or chance.random() < 0.5:
        return chance.choice(plain)
    several = [junk(chance, depth + 1) for _ in range(chance.randrange(4))]
    kind = chance.randrange(4)
    if kind == 0:
        return {chance.choice((*range(20), "tab", "tab", "a")): each for each in several}
    if kind == 1:
        return cbor2.CBORTag(chance.choice((3321, 3322, 3323, 3324)), several)
    return cbor2.dumps(several) if kind == 2 else several


def likely(method: str, chance: random.Random) -> list[Any]:
    """The first arguments of a method nearly as they should be."""
    path = [18, "a"]
    condition = cbor2.dumps([1, [chance.randrange(30), path, [17, 0]], [junk(chance)]])
    update = cbor2.dumps([1, [[chance.randrange(18, 24), path, [17, 0]]], [junk(chance)]])
    item = cbor2.dumps(1)
    return {
        "batch_get_item": [{"tab": [chance.random() < 0.5, None, [b"key", junk(chance)][: chance.randrange(3)]]}],
        "batch_write_item": [{"tab": [b"key", chance.choice((None, item, junk(chance)))]}, None],
        "transact_get_items": [[b"tab"], [b"key"], chance.choice((None, [None], [junk(chance)])), None],
        "transact_write_items": [
            [chance.choice((2, 7, 9, 12))], [b"tab"], [b"key"], [item], None, None,
            [chance.choice((None, condition))], [chance.choice((None, update))], None,
        ],
        "put_item": [b"tab", b"key", item, {4: condition}],
        "update_item": [b"tab", b"key", {8: update, 7: chance.randrange(1, 6)}],
        "query": [b"tab", cbor2.dumps([1, [0, [18, "pk"], [17, 0]], ["key"]])],
        "scan": [b"tab", {10: condition}],
    }.get(method, [b"tab", b"key"])  # fmt: skip


def test_no_request_breaks_the_cloud(cloud: Running, port: int, caplog: pytest.LogCaptureFixture) -> None:
    """Every method with arguments of all kinds: an answer or a hang-up, and never a failure of ours."""
    chance = random.Random(7)
    for number, (method, count) in METHODS.items():
        if method == "authorize_connection":
            continue
        for _ in range(ROUNDS):
            arguments = [junk(chance) for _ in range(count)]
            if chance.random() < 0.7:
                known = likely(method, chance)
                arguments[: len(known)] = known
            request = b"".join(map(cbor2.dumps, (1, number, *arguments)))
            with line(port) as connection:
                connection.sendall(GREETING + SIGN_IN + request)
                connection.shutdown(socket.SHUT_WR)
                with contextlib.suppress(ConnectionResetError):
                    connection.recv(100_000)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert answers(port)


def test_no_bytes_break_the_cloud(port: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(8)
    whole = GREETING + SIGN_IN + ENDPOINTS
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with line(port) as connection:
            connection.sendall(bytes(data[: chance.randrange(1, len(data))]))
            connection.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                connection.recv(1000)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert answers(port)
