"""Event streams, read back by botocore's own decoder."""

from __future__ import annotations

import asyncio
import random

import botocore.eventstream
import pytest

from skyjar.wire import eventstream
from skyjar.wire.codec import codec
from skyjar.wire.errors import WireError


def messages(body: bytes):
    buffer = botocore.eventstream.EventStreamBuffer()
    buffer.add_data(body)
    return [(message.headers, message.payload) for message in buffer]


def test_kinesis_begins_with_an_initial_response():
    kinesis = codec("kinesis", "json")
    operation = kinesis.model.operation("SubscribeToShard")
    record = {"SequenceNumber": "1", "Data": b"hi", "PartitionKey": "p", "ApproximateArrivalTimestamp": 1.5}
    event = {"SubscribeToShardEvent": {"Records": [record], "ContinuationSequenceNumber": "2", "MillisBehindLatest": 0}}
    error = {"ResourceNotFoundException": {"message": "gone"}}
    response = kinesis.serialise(operation, {"EventStream": [event, error]}, "id")
    found = messages(response.body)
    assert [headers.get(":event-type") or headers[":exception-type"] for headers, _ in found] == [
        "initial-response",
        "SubscribeToShardEvent",
        "ResourceNotFoundException",
    ]
    assert b'"Data":"aGk="' in found[1][1]
    assert found[2][0][":message-type"] == "exception"


def test_s3_select_has_blob_and_xml_payloads():
    s3 = codec("s3", "rest-xml")
    operation = s3.model.operation("SelectObjectContent")
    events = [{"Records": {"Payload": b"1,2"}}, {"Stats": {"Details": {"BytesScanned": 3}}}, {"End": {}}]
    response = s3.serialise(operation, {"Payload": events}, "id")
    found = messages(response.body)
    assert found[0] == (
        {":message-type": "event", ":event-type": "Records", ":content-type": "application/octet-stream"},
        b"1,2",
    )
    assert b"<BytesScanned>3</BytesScanned>" in found[1][1]
    assert dict(response.headers)["Content-Type"] == "application/vnd.amazon.eventstream"


def test_lambda_streams_as_events_come():
    async def events():
        yield {"PayloadChunk": {"Payload": b"a"}}
        yield {"InvokeComplete": {"ErrorCode": "x"}}

    async def collect():
        known = codec("lambda", "rest-json")
        operation = known.model.operation("InvokeWithResponseStream")
        response = known.serialise(operation, {"StatusCode": 200, "EventStream": events()}, "id")
        return [chunk async for chunk in response.body]

    chunks = asyncio.run(collect())
    assert [messages(chunk)[0][0][":event-type"] for chunk in chunks] == ["PayloadChunk", "InvokeComplete"]


def test_messages_are_read_back_in_pieces():
    headers = {"a": True, "b": False, "c": 5, "d": 2**40, "e": b"x", "f": "ä", "g": 1.5}
    body = eventstream.encode(headers, b"one") + eventstream.encode({}, b"")
    decoder = eventstream.Decoder()
    found = [message for at in range(len(body)) for message in decoder.feed(body[at : at + 1])]
    assert found == [(headers, b"one"), ({}, b"")]
    assert decoder.pending == 0
    theirs = messages(body)[0][0]
    assert {**theirs, "g": theirs["g"] / 1000} == headers


def test_damage_is_noticed():
    body = bytearray(eventstream.encode({"a": "b"}, b"payload"))
    chance = random.Random(1)
    for _ in range(500):
        at = chance.randrange(len(body))
        broken = bytearray(body)
        broken[at] ^= 1 << chance.randrange(8)
        with pytest.raises(WireError):
            list(eventstream.Decoder().feed(bytes(broken)))
