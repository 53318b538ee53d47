"""Fuzzes DynamoDB's expressions: `python fuzz/dynamodb_expressions.py [seconds] [seed]`.

Starts from valid expressions, changes and joins their tokens, compiles them and applies them to an item. A result or a
ValidationException is wanted; whatever else is raised is printed with the seed that makes it again.
"""

from __future__ import annotations

import copy
import random
import sys
import time
from typing import Any

from skyjar.services.dynamodb import values
from skyjar.services.dynamodb.errors import ValidationException
from skyjar.services.dynamodb.expressions import Expressions
from skyjar.services.dynamodb.ranges import of_expression

ITEM: dict[str, Any] = {
    "a": {"S": "text"},
    "b": {"N": "12.5"},
    "c": {"M": {"d": {"L": [{"N": "1"}, {"SS": ["x", "y"]}]}, "e": {"BOOL": True}}},
    "f": {"L": [{"S": "p"}, {"M": {"q": {"NULL": True}}}]},
    "g": {"NS": ["1", "2"]},
    "h": {"B": b"\0\xff"},
}
VALUES: dict[str, Any] = {
    ":s": {"S": "te"}, ":n": {"N": "3"}, ":m": {"N": "-1E2"}, ":l": {"L": [{"S": "z"}]}, ":x": {"SS": ["x"]},
    ":g": {"NS": ["2", "9"]}, ":b": {"B": b"\0"}, ":t": {"BOOL": True}, ":z": {"NULL": True}, ":o": {"M": {}},
}  # fmt: skip
NAMES = {"#a": "a", "#c": "c", "#w": "size"}
SEEDS = (
    "a = :s AND NOT (b < :n OR contains(g, :n))",
    "attribute_exists(c.d[1]) AND size(f) >= :n AND b BETWEEN :m AND :n AND a IN (:s, #a)",
    "begins_with(a, :s) OR attribute_type(h, :s) OR attribute_not_exists(#w)",
    "SET a = if_not_exists(q, :s), b = b + :n, c.d[7] = :o, f = list_append(f, :l) REMOVE f[0] ADD g :g DELETE #c.d[1] :x",
    "a, #c.d[0], f[1].q, #w",
    "a = :s AND b BETWEEN :m AND :n",
)
PIECES = [
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    "=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "AND",
    "OR",
    "NOT",
    "BETWEEN",
    "IN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "0",
    "1",
    "99",
    "999999999999",
    "name",
    "é",
    "'",
    '"',
    "\n",
]
KINDS = (
    "ConditionExpression",
    "FilterExpression",
    "UpdateExpression",
    "ProjectionExpression",
    "KeyConditionExpression",
)


def mutated(chance: random.Random) -> str:
    tokens = chance.choice(SEEDS).replace("(", " ( ").replace(")", " ) ").split(" ")
    for _ in range(chance.choice((0, 1, 1, 2, 5, 20))):
        at = chance.randrange(len(tokens) + 1)
        what = chance.random()
        if what < 0.3 and tokens:
            del tokens[at % len(tokens)]
        elif what < 0.6:
            tokens.insert(at, chance.choice(PIECES))
        elif what < 0.8:
            tokens.insert(at, chance.choice((*VALUES, *NAMES, *ITEM, ":no", "#no")))
        else:
            other = chance.choice(SEEDS).split(" ")
            tokens[at:at] = other[chance.randrange(len(other)) :]
    return chance.choice(("", " ")).join(tokens) if chance.random() < 0.1 else " ".join(tokens)


def attempt(seed: int) -> None:
    """One expression of each kind; raises what is neither a result nor a refusal."""
    chance = random.Random(seed)
    text = mutated(chance)
    for kind in KINDS:
        item = copy.deepcopy(ITEM)
        try:
            expressions = Expressions(NAMES, copy.deepcopy(VALUES), **{kind: text})
            expressions.admit()
            if kind == "KeyConditionExpression":
                of_expression(expressions, text)
                continue
            result = expressions.bind(kind, text).result
            if kind == "UpdateExpression":
                values.admit(result.apply(item, expressions.values))
            elif kind == "ProjectionExpression":
                result(item)
            else:
                result(item, expressions.values)
        except ValidationException:
            pass
        assert item == ITEM, "an expression changed the item it was applied to"


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    if len(sys.argv) > 2:
        attempt(seed)
        return
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        try:
            attempt(seed + done)
        except Exception as error:
            print(f"seed {seed + done}: {mutated(random.Random(seed + done))!r}: {error!r}")
            raise SystemExit(1) from error
        done += 1
    print(f"{done} expressions, nothing unexpected")


if __name__ == "__main__":
    main()
