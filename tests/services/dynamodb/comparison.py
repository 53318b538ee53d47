"""A service and its model side by side: each step is done to both, and what both answer is compared."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from . import sayings
from .following import Follower
from .model import Condition, Model, Move, Place, key, parameters, place_of, tidy, value, whole
from .sayings import said

Send = Callable[..., dict[str, Any]]  # send("PutItem", TableName=…) -> the answer; raises Refused


class Refused(Exception):
    def __init__(self, code: str, reasons: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reasons = reasons or []


CODES = {
    "ConditionalCheckFailed": "ConditionalCheckFailedException",
    "ValidationError": "ValidationException",
    "TransactionConflict": "TransactionConflictException",
    "DuplicateItem": "DuplicateItemException",
}
TABLE: dict[str, Any] = {
    "TableName": "tab",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in {"pk": "S", "sk": "N", "n": "N", "g": "S"}.items()
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "gsi",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "thin",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "wide",
            "KeySchema": [
                {"AttributeName": name, "KeyType": kind}
                for name, kind in (("g", "HASH"), ("pk", "HASH"), ("n", "RANGE"), ("sk", "RANGE"))
            ],
            "Projection": {"ProjectionType": "ALL"},
        },
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "lsi",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


class Pair:
    def __init__(self, send: Send) -> None:
        self.send = send
        self.model = Model()
        self.stream = Follower(send)

    def create(self) -> None:
        self.send("CreateTable", **TABLE)
        self.send("UpdateTimeToLive", TableName="tab", TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})

    # Writes

    def single(self, move: Move, ongoing: Collection[Place] = (), returned: str = "ALL_OLD") -> None:
        operation = f"{move.kind}Item"
        before = self.model.shown(move.place)
        if move.kind != "Update" or (returned.startswith("UPDATED") and not (move.change and move.change.names)):
            returned = "ALL_OLD"
        outcome = "TransactionConflict" if move.place in ongoing else self.model.outcome(move)
        try:
            answer = self.send(operation, **parameters(move), ReturnValues=returned)
        except Refused as refused:
            assert refused.code == CODES.get(outcome), (move, refused)
            return
        assert outcome == "None", f"{move} should have been refused"
        self.model.apply(move)
        wanted = before if returned.endswith("OLD") else self.model.shown(move.place)
        if returned.startswith("UPDATED") and wanted is not None and move.change is not None:
            wanted = {name: each for name, each in wanted.items() if name in move.change.names} or None
        assert tidy(answer.get("Attributes")) == wanted, (move, returned)

    def statement(self, move: Move, returning: str) -> None:
        """A single one in PartiQL."""
        outcome, before = sayings.outcome(self.model, move), self.model.shown(move.place)
        if move.kind == "Put" or (move.kind == "Delete" and returning != "ALL OLD"):
            returning = ""
        try:
            answer = self.send("ExecuteStatement", **said(move, returning))
        except Refused as refused:
            assert refused.code == CODES.get(outcome), (move, refused)
            return
        assert outcome == "None", f"{move} should have been refused"
        self.model.apply(move)
        wanted = before if returning.endswith("OLD") else self.model.shown(move.place)
        assert [tidy(item) for item in answer["Items"]] == ([wanted] if returning and wanted is not None else []), move

    def statements(self, moves: list[Move]) -> None:
        """A BatchExecuteStatement: each by itself."""
        moves = [move for move in moves if move.kind != "ConditionCheck"]
        outcomes = [sayings.outcome(self.model, move) for move in moves]
        if not moves:
            return
        answer = self.send("BatchExecuteStatement", Statements=[said(move) for move in moves])
        assert [each.get("Error", {}).get("Code", "None") for each in answer["Responses"]] == outcomes, moves
        for move, outcome in zip(moves, outcomes, strict=True):
            if outcome == "None":
                self.model.apply(move)

    def said_together(self, moves: list[Move]) -> None:
        """An ExecuteTransaction."""
        outcomes = [sayings.outcome(self.model, move) for move in moves]
        try:
            self.send("ExecuteTransaction", TransactStatements=[said(move) for move in moves])
        except Refused as refused:
            assert (refused.code, refused.reasons) == ("TransactionCanceledException", outcomes), moves
            assert set(outcomes) != {"None"}
            return
        assert set(outcomes) == {"None"}, f"{moves} should have been cancelled"
        for move in moves:
            self.model.apply(move)

    def told(self) -> None:
        """The stream has told of every change of every item, once and in order."""
        self.stream.read()
        assert self.stream.told == self.model.told

    def together(self, moves: list[Move], ongoing: Collection[Place] = (), send: Send | None = None) -> bool:
        """A transaction, which may meet another one that has some places; each place is named once. Whether it was done."""
        outcomes = [self.model.outcome(move) for move in moves]
        if any(move.place in ongoing for move in moves):  # then conditions are not looked at
            outcomes = ["TransactionConflict" if move.place in ongoing else "None" for move in moves]
        try:
            (send or self.send)("TransactWriteItems", TransactItems=[{move.kind: parameters(move)} for move in moves])
        except Refused as refused:
            assert refused.code == "TransactionCanceledException", (moves, refused)
            assert refused.reasons == outcomes, moves
            assert set(outcomes) != {"None"}
            return False
        assert set(outcomes) == {"None"}, f"{moves} should have been cancelled"
        for move in moves:
            self.model.apply(move)
        return True

    def meet(
        self, first: list[Move], begin: Send, waits: Callable[[], bool], second: Callable[[Collection[Place]], object]
    ) -> None:
        """Begin a transaction, and do something else while it is going on: as long as what it wrote `waits`, if it wrote anything."""
        is_done = self.together(first, send=begin)
        second({move.place for move in first} if is_done and waits() else ())

    def batch(self, moves: list[Move], ongoing: Collection[Place] = ()) -> None:
        """Puts and deletes without conditions. Those of a place that a transaction has are left."""
        requests = [
            {"PutRequest": {"Item": whole(move.place, move.body or {})}}
            if move.kind == "Put"
            else {"DeleteRequest": {"Key": key(move.place)}}
            for move in moves
        ]
        left = [request for move, request in zip(moves, requests, strict=True) if move.place in ongoing]
        answer = self.send("BatchWriteItem", RequestItems={"tab": requests})
        assert answer["UnprocessedItems"] == ({"tab": left} if left else {})
        for move in moves:
            if move.place not in ongoing:
                self.model.apply(move)

    # Reads

    def read(self, places: list[Place]) -> None:
        wanted = [self.model.shown(place) for place in places]
        one = self.send("GetItem", TableName="tab", Key=key(places[0]), ConsistentRead=True)
        assert tidy(one.get("Item")) == wanted[0]
        batch = self.send("BatchGetItem", RequestItems={"tab": {"Keys": [key(place) for place in places]}})
        found = {place_of(item): tidy(item) for item in batch["Responses"]["tab"]}
        assert found == {place: item for place, item in zip(places, wanted, strict=True) if item is not None}
        gets = [{"Get": {"TableName": "tab", "Key": key(place)}} for place in places]
        answers = self.send("TransactGetItems", TransactItems=gets)["Responses"]
        assert [tidy(answer.get("Item")) for answer in answers] == wanted

    def query(self, pk: str, low: int, high: int, limit: int, forward: bool, kept: Condition | None) -> None:
        values = {":p": value(pk), ":low": value(low), ":high": value(high)}
        found, scanned = self.pages(
            "Query", limit, kept, values, ScanIndexForward=forward,
            KeyConditionExpression="pk = :p AND sk BETWEEN :low AND :high",
        )  # fmt: skip
        places = [place for place in self.model.partition(pk) if low <= place[1] <= high]
        assert scanned == len(places)
        assert found == self.filtered(places if forward else places[::-1], kept)

    def query_index(self, index: str, hash_value: str, limit: int, forward: bool, kept: Condition | None) -> None:
        name = "pk" if index == "lsi" else "g"
        found, scanned = self.pages(
            "Query", limit, kept, {":p": value(hash_value)}, IndexName=index, ScanIndexForward=forward,
            KeyConditionExpression=f"{name} = :p",
        )  # fmt: skip
        members = self.model.members(index, hash_value)
        assert scanned == len(members)
        if index == "thin":
            assert sorted(map(place_of, found)) == sorted(members)
            assert all(item.keys() == {"pk", "sk", "g"} for item in found)
            return
        wanted = self.filtered(members if forward else members[::-1], kept)
        assert [item["n"] for item in found] == [item["n"] for item in wanted]
        assert sorted(found, key=place_of) == sorted(wanted, key=place_of)

    def query_wide(
        self, group: str, pk: str, n: int | None, low: int, limit: int, forward: bool, kept: Condition | None
    ) -> None:
        """The index with several attributes in its keys: the sort key is one number from `low` on, or `n` and another one."""
        text, values = "g = :g AND pk = :p AND n >= :low", {":g": group, ":p": pk, ":low": low}
        if n is not None:
            text, values = "g = :g AND pk = :p AND n = :n AND sk >= :low", {**values, ":n": n}
        found, scanned = self.pages(
            "Query", limit, kept, {name: value(plain) for name, plain in values.items()}, IndexName="wide",
            ScanIndexForward=forward, KeyConditionExpression=text,
        )  # fmt: skip
        places = self.model.in_wide(group, pk, n, low)
        assert scanned == len(places)
        assert found == self.filtered(places if forward else places[::-1], kept)

    def scan(self, limit: int, segments: int, kept: Condition | None) -> None:
        found, scanned = [], 0
        for segment in range(segments):
            more, count = self.pages("Scan", limit, kept, {}, Segment=segment, TotalSegments=segments)
            found, scanned = found + more, scanned + count
        assert scanned == len(self.model.items)
        assert sorted(found, key=place_of) == self.filtered(sorted(self.model.items), kept)

    def select(self, text: str, values: list[Any], limit: int, places: list[Place], *, is_ordered: bool) -> None:
        """The pages of a SELECT."""
        found: list[Any] = []
        token: dict[str, str] = {}
        while True:
            page = self.send(
                "ExecuteStatement", Statement=text, Parameters=[value(each) for each in values], Limit=limit, **token
            )  # fmt: skip
            assert len(page["Items"]) <= limit
            found += [tidy(item) for item in page["Items"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        wanted = [self.model.shown(place) for place in places]
        assert (found if is_ordered else sorted(found, key=place_of)) == wanted

    def filtered(self, places: list[Place], kept: Condition | None) -> list[Any]:
        return [self.model.shown(each) for each in places if kept is None or kept.holds(self.model.items[each])]

    def pages(
        self, operation: str, limit: int, kept: Condition | None, values: dict[str, Any], **more: Any
    ) -> tuple[list[Any], int]:
        """Every page's items together, and how many items were looked at."""
        if kept is not None:
            more["FilterExpression"] = kept.text
            values = {**values, **{name: value(plain) for name, plain in kept.values}}
        if values:
            more["ExpressionAttributeValues"] = values
        found: list[Any] = []
        scanned = 0
        while True:
            page = self.send(operation, TableName="tab", Limit=limit, **more)
            assert page["ScannedCount"] <= limit
            assert page["Count"] == len(page["Items"])
            scanned += page["ScannedCount"]
            found += [tidy(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return found, scanned
            more["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def counts(self) -> None:
        shown = self.send("DescribeTable", TableName="tab")["Table"]
        assert shown["ItemCount"] == len(self.model.items)
        counted = {index["IndexName"]: index["ItemCount"] for index in shown["GlobalSecondaryIndexes"]}
        assert counted == {name: self.model.in_index(name) for name in ("gsi", "thin", "wide")}

    def everything(self) -> None:
        """All of both, by every way in."""
        self.counts()
        self.told()
        self.scan(7, 1, None)
        for name in ("a", "b", "g", "h"):
            self.query(name, -9, 9, 5, True, None)
            for index in ("gsi", "thin", "lsi"):
                self.query_index(index, name, 5, True, None)
            for pk in ("a", "b"):
                self.query_wide(name, pk, None, -99, 5, True, None)
