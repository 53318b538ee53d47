"""DynamoDB in a plain dictionary, and the moves that a random test makes on both.

Items are keyed by (pk: S, sk: N) and may carry n (N), g (S), l (L), m (M of N), s (SS) and t (N, when the item expires). Indexes: `gsi`
(g, n), `thin` (g; keys only), `wide` (g and pk, n and sk), `lsi` (pk, n).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

Place = tuple[str, int]
Body = dict[str, Any]  # plain values: n and t int, g str, l list of int, m dict of int, s set of str


@dataclass(frozen=True)
class Condition:
    text: str
    values: tuple[tuple[str, Any], ...]
    holds: Callable[[Body | None], bool]


@dataclass(frozen=True)
class Change:
    text: str
    values: tuple[tuple[str, Any], ...]
    apply: Callable[[Body], None]
    fits: Callable[[Body], bool] = lambda body: True
    names: tuple[str, ...] = ()  # the attributes that it changes, if it changes them whole


@dataclass(frozen=True)
class Move:
    """One write: `kind` is Put, Update, Delete or ConditionCheck."""

    kind: str
    place: Place
    body: Body | None = None
    change: Change | None = None
    condition: Condition | None = None


def value(plain: Any) -> dict[str, Any]:
    if isinstance(plain, int):
        return {"N": str(plain)}
    if isinstance(plain, str):
        return {"S": plain}
    if isinstance(plain, frozenset | set):
        return {"SS": sorted(plain)}
    if isinstance(plain, dict):
        return {"M": {name: value(each) for name, each in plain.items()}}
    return {"L": [value(each) for each in plain]}


def whole(place: Place, body: Body) -> dict[str, Any]:
    return {**key(place), **{name: value(plain) for name, plain in body.items()}}


def key(place: Place) -> dict[str, Any]:
    return {"pk": value(place[0]), "sk": value(place[1])}


def place_of(item: dict[str, Any]) -> Place:
    return item["pk"]["S"], int(item["sk"]["N"])


def tidy(item: dict[str, Any] | None) -> dict[str, Any] | None:
    """An answered item with its sets in order."""
    if item is None:
        return None
    return {name: {"SS": sorted(av["SS"])} if "SS" in av else av for name, av in item.items()}


def parameters(move: Move) -> dict[str, Any]:
    """The move as the members that single operations and the actions of a transaction share."""
    made: dict[str, Any] = {"TableName": "tab"}
    values: dict[str, Any] = {}
    if move.kind == "Put":
        made["Item"] = whole(move.place, move.body or {})
    else:
        made["Key"] = key(move.place)
    if move.change is not None:
        made["UpdateExpression"] = move.change.text
        values.update({name: value(plain) for name, plain in move.change.values})
    if move.condition is not None:
        made["ConditionExpression"] = move.condition.text
        values.update({name: value(plain) for name, plain in move.condition.values})
    if values:
        made["ExpressionAttributeValues"] = values
    return made


class Model:
    def __init__(self) -> None:
        self.items: dict[Place, Body] = {}
        self.told: dict[Place, list[Any]] = {}

    def outcome(self, move: Move) -> str:
        """As the cancellation reasons of a transaction name it."""
        body = self.items.get(move.place)
        if move.condition is not None and not move.condition.holds(body):
            return "ConditionalCheckFailed"
        return "None" if move.change is None or move.change.fits(body or {}) else "ValidationError"

    def apply(self, move: Move) -> None:
        """A move whose outcome is "None"."""
        before = self.shown(move.place)
        self._apply(move)
        self._tell(move.place, before)

    def _tell(self, place: Place, before: dict[str, Any] | None) -> None:
        """As the stream does, of what makes a difference."""
        after = self.shown(place)
        if before != after:
            kind = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
            self.told.setdefault(place, []).append((kind, before, after))

    def _apply(self, move: Move) -> None:
        if move.kind == "Put":
            self.items[move.place] = deepcopy(move.body or {})
        elif move.kind == "Delete":
            self.items.pop(move.place, None)
        elif move.kind == "Update":
            assert move.change is not None
            body = self.items[move.place] = deepcopy(self.items.get(move.place, {}))
            move.change.apply(body)

    def expire(self, now: float) -> None:
        for place in [place for place, body in self.items.items() if body.get("t", now + 1) <= now]:
            before = self.shown(place)
            del self.items[place]
            self._tell(place, before)

    def shown(self, place: Place) -> dict[str, Any] | None:
        body = self.items.get(place)
        return None if body is None else whole(place, body)

    def partition(self, pk: str) -> list[Place]:
        return sorted(place for place in self.items if place[0] == pk)

    def members(self, index: str, hash_value: str) -> list[Place]:
        """Places of what an index has under a key, by its sort key (ties in any order)."""
        found = [(place, body) for place, body in self.items.items() if _is_in(index, place, body, hash_value)]
        return [place for place, body in sorted(found, key=lambda each: each[1].get("n", 0))]

    def in_wide(self, group: str, pk: str, n: int | None, low: int) -> list[Place]:
        """Places of what `wide` has under (g, pk), by (n, sk): with n from `low` on, or with that n and sk from `low` on."""
        found = [(body["n"], place) for place, body in self.items.items()
                 if (body.get("g"), place[0]) == (group, pk) and "n" in body]  # fmt: skip
        return [
            place for own, place in sorted(found)
            if (own >= low if n is None else own == n and place[1] >= low)
        ]  # fmt: skip

    def in_index(self, index: str) -> int:
        return sum("g" in body and (index == "thin" or "n" in body) for body in self.items.values())


def _is_in(index: str, place: Place, body: Body, hash_value: str) -> bool:
    if index == "lsi":
        return place[0] == hash_value and "n" in body
    return body.get("g") == hash_value and (index == "thin" or "n" in body)


# What moves ask and do


def absent() -> Condition:
    return Condition("attribute_not_exists(pk)", (), lambda body: body is None)


def present() -> Condition:
    return Condition("attribute_exists(pk)", (), lambda body: body is not None)


def at_least(bound: int) -> Condition:
    return Condition("n >= :c", ((":c", bound),), lambda body: body is not None and body.get("n", bound - 1) >= bound)


def not_below(bound: int) -> Condition:
    return Condition("NOT n < :c", ((":c", bound),), lambda body: (body or {}).get("n", bound) >= bound)


def in_group(group: str) -> Condition:
    return Condition("g IN (:c, :d)", ((":c", group), (":d", "z")), lambda body: (body or {}).get("g") == group)


def longer(bound: int) -> Condition:
    return Condition("size(l) > :c", ((":c", bound),), lambda body: "l" in (body or {}) and len(body["l"]) > bound)  # type: ignore[index]


def having(word: str) -> Condition:
    text = "contains(s, :c) OR attribute_not_exists(s)"
    return Condition(text, ((":c", word),), lambda body: word in (body or {}).get("s", {word}))


def between(low: int, high: int) -> Condition:
    values = ((":c", low), (":d", high))
    return Condition("n BETWEEN :c AND :d", values, lambda body: "n" in (body or {}) and low <= body["n"] <= high)  # type: ignore[index]


def other_than(number: int) -> Condition:
    return Condition("n <> :c", ((":c", number),), lambda body: (body or {}).get("n") != number)


def either(number: int, group: str) -> Condition:
    text, values = "(n = :c OR g = :d) AND attribute_not_exists(t)", ((":c", number), (":d", group))
    return Condition(
        text, values, lambda body: ((body or {}).get("n") == number or (body or {}).get("g") == group) and "t" not in body  # type: ignore[operator]
    )  # fmt: skip


def listing(number: int) -> Condition:
    return Condition("contains(l, :c)", ((":c", number),), lambda body: number in (body or {}).get("l", ()))


def inside(name: str, bound: int) -> Condition:
    return Condition(f"m.{name} > :c", ((":c", bound),), lambda body: _of_map(body).get(name, bound) > bound)


def with_part(name: str) -> Condition:
    return Condition(f"attribute_exists(m.{name})", (), lambda body: name in _of_map(body))


def is_map() -> Condition:
    return Condition("attribute_type(m, :c)", ((":c", "M"),), lambda body: "m" in (body or {}))


def _of_map(body: Body | None) -> dict[str, int]:
    found: dict[str, int] = (body or {}).get("m", {})
    return found


def add(by: int) -> Change:
    return Change("ADD n :v", ((":v", by),), lambda body: body.update(n=body.get("n", 0) + by), names=("n",))


def subtract(by: int) -> Change:
    text = "SET n = if_not_exists(n, :z) - :v"
    return Change(text, ((":v", by), (":z", 10)), lambda body: body.update(n=body.get("n", 10) - by), names=("n",))


def move_to(group: str) -> Change:
    return Change("SET g = :v", ((":v", group),), lambda body: body.update(g=group), names=("g",))


def leave() -> Change:
    return Change("REMOVE g", (), lambda body: body.pop("g", None), names=("g",))


def shorten() -> Change:
    return Change("REMOVE l[0]", (), lambda body: body["l"].__delitem__(slice(1)), lambda body: "l" in body)


def append(number: int) -> Change:
    text = "SET l = list_append(if_not_exists(l, :e), :v)"
    return Change(
        text, ((":v", (number,)), (":e", ())), lambda body: body.update(l=[*body.get("l", []), number]), names=("l",)
    )


def join(word: str) -> Change:
    return Change(
        "ADD s :v", ((":v", frozenset({word})),), lambda body: body.update(s={*body.get("s", ()), word}), names=("s",)
    )


def part(word: str) -> Change:
    return Change("DELETE s :v", ((":v", frozenset({word})),), lambda body: _part(body, word), names=("s",))


def _part(body: Body, word: str) -> None:
    rest = set(body.pop("s", ())) - {word}
    if rest:
        body["s"] = rest


def place_at(at: int, number: int) -> Change:
    """Beyond its end, a list grows by one."""

    def apply(body: Body) -> None:
        body["l"] = [*body["l"][:at], number, *body["l"][at + 1 :]]

    return Change(f"SET l[{at}] = :v", ((":v", number),), apply, lambda body: "l" in body)


def new_map(parts: dict[str, int]) -> Change:
    return Change("SET m = :v", ((":v", parts),), lambda body: body.update(m=dict(parts)), names=("m",))


def put_in(name: str, number: int) -> Change:
    return Change(f"SET m.{name} = :v", ((":v", number),), lambda body: body["m"].update({name: number}), _has_map)


def count_in(name: str, by: int) -> Change:
    text = f"SET m.{name} = if_not_exists(m.{name}, :z) + :v"
    return Change(
        text, ((":v", by), (":z", 0)), lambda body: body["m"].update({name: body["m"].get(name, 0) + by}), _has_map
    )  # fmt: skip


def take_out(name: str) -> Change:
    return Change(f"REMOVE m.{name}", (), lambda body: body["m"].pop(name, None), _has_map)


def swap(name: str) -> Change:
    """Every operand is what it was before."""

    def apply(body: Body) -> None:
        body["n"], body["m"][name] = body["m"][name], body["n"]

    return Change(f"SET n = m.{name}, m.{name} = n", (), apply, lambda body: "n" in body and name in _of_map(body))


def several(number: int, group: str) -> Change:
    def apply(body: Body) -> None:
        body.update(n=number, g=group)
        body.pop("l", None)

    return Change("SET n = :v, g = :w REMOVE l", ((":v", number), (":w", group)), apply, names=("n", "g", "l"))


def _has_map(body: Body) -> bool:
    return "m" in body
