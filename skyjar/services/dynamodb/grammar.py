"""The grammar of expressions: text -> nodes. One recursive-descent parser for all five kinds.

Nodes are tuples: ("path", path), ("value", name), ("size", operand) as operands, with ("+", a, b), ("-", a, b),
("if_not_exists", path node, operand) and ("list_append", a, b) in updates; ("and", [..]), ("or", [..]), ("not", x),
("=", a, b) …, ("between", x, low, high), ("in", x, [..]), (function name, [operands]) as conditions. A path is a tuple of
attribute names (str) and list indexes (int), its `#names` resolved.

An expression that is wrong in several ways is refused as on AWS: for its syntax first, wherever it is wrong, then for the faults of
the whole expression in the order of `_ORDER`, then condition by condition (`Leaf`), in which values come in (`expressions.py`).
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from . import limits
from .expression_tokens import END, KEYWORDS, NAME, NUMBER, SIGN, WORD, Cursor

Path = tuple[str | int, ...]
Node = tuple[Any, ...]

RESERVED: frozenset[str] = frozenset(orjson.loads((files(__package__) / "data" / "reserved.json").read_bytes()))
CONDITIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
OPERANDS = {"if_not_exists": 2, "list_append": 2}
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_CONDITION_ORDER = ("parentheses", "function", "use", "reserved")
_ORDER = {
    "UpdateExpression": ("reserved", "function", "section", "name"),
    "ProjectionExpression": ("reserved", "name"),
}
_LEAF_ORDER = ("count", "distinct", "path")


class Leaf(NamedTuple):
    """One condition: its node, the names and values that must be there, in order, and what is wrong with it besides."""

    node: Node
    uses: tuple[str, ...]
    fault: str | None


class Parser(Cursor):
    """One parse of one expression. `overlap` and `calls` (nodes, or what is wrong with one) are of updates."""

    def __init__(self, kind: str, text: str, names: dict[str, str]) -> None:
        super().__init__(kind, text)
        self._names = names
        self._faults: dict[str, str] = {}
        self._leaf_faults: dict[str, str] = {}
        self._uses: list[str] = []
        self._is_update = kind == "UpdateExpression"
        self.leaves: list[Leaf] = []
        self.calls: list[Node | str] = []
        self.overlap: str | None = None
        self.used_names: dict[str, None] = {}
        self.used_values: dict[str, None] = {}
        self.paths: list[Path] = []

    def refuse(self) -> None:
        """At the end of the syntax: refuse what is wrong with the expression whatever its values are."""
        self.end()
        for fault in _ORDER.get(self.kind, _CONDITION_ORDER):
            if fault in self._faults:
                raise self.error(self._faults[fault])

    def _note(self, fault: str, sentence: str) -> None:
        self._faults.setdefault(fault, sentence)

    # Paths and operands

    def path(self) -> Path:
        parts: list[str | int] = [self._attribute()]
        while True:
            if self._accept("."):
                parts.append(self._attribute())
            elif self._is("["):
                self._at += 1
                if self._tokens[self._at].kind != NUMBER:
                    raise self._unexpected()
                index = self._next().text
                if len(index) > 9:
                    raise self.error(f"List index is not within the allowable range; index: [{index}]")
                parts.append(int(index))
                self._expect("]")
            else:
                break
        if len(parts) > limits.PATH_DEPTH:
            raise self.error("The document path has too many nesting elements; nesting levels: " + str(len(parts)))
        found = tuple(parts)
        self.paths.append(found)
        return found

    def _attribute(self) -> str:
        token = self._tokens[self._at]
        if token.kind == NAME and token.text[0] == "#":
            self._at += 1
            self.used_names[token.text] = None
            name = self._names.get(token.text)
            if name is None:
                self._uses.append(token.text)
                self._note("name", undefined(token.text))
                return token.text
            return name
        if token.kind != WORD:
            raise self._unexpected()
        upper = token.text.upper()
        if upper in KEYWORDS:
            raise self._unexpected()
        if upper in RESERVED:
            self._note("reserved", f"Attribute name is a reserved keyword; reserved keyword: {token.text}")
        self._at += 1
        return token.text

    def value(self) -> str:
        token = self._tokens[self._at]
        if token.kind != NAME or token.text[0] != ":":
            raise self._unexpected()
        self._at += 1
        self.used_values[token.text] = None
        self._uses.append(token.text)
        return token.text

    def _function(self) -> str | None:
        """The name of a function whose call begins here."""
        token = self._tokens[self._at]
        following = self._tokens[self._at + 1] if token.kind == WORD else None
        if following is None or following.text != "(" or token.text.upper() in KEYWORDS:
            return None
        return token.text

    def _arguments(self) -> list[Node]:
        self._at += 1
        self._expect("(")
        self._deeper()
        found = [self.operand()]
        while self._accept(","):
            found.append(self.operand())
        self._expect(")")
        self._depth -= 1
        self._operator()
        return found

    def operand(self) -> Node:
        name = self._function()
        if name is not None:
            arguments = self._arguments()
            return self._update_call(name, arguments) if self._is_update else self._call(name, arguments)
        token = self._tokens[self._at]
        if token.kind == NAME and token.text[0] == ":":
            return "value", self.value()
        return "path", self.path()

    def _call(self, name: str, arguments: list[Node]) -> Node:
        """A function of conditions."""
        count = 1 if name == "size" else CONDITIONS.get(name)
        if count is None:
            self._note("function", f"Invalid function name; function: {name}")
            return "call", name
        self._check_use(arguments)
        if len(arguments) != count:
            self._leaf_faults.setdefault("count", _miscounted(name, len(arguments)))
        elif count == 2:
            self._distinct(name, arguments[0], arguments[1])
        elif name != "size" and arguments[0][0] != "path":
            self._leaf_faults.setdefault("path", _needs_path(name))
        return ("size", arguments[0]) if name == "size" else (name, arguments)

    def _update_call(self, name: str, arguments: list[Node]) -> Node:
        count = OPERANDS.get(name)
        if count is None:
            self._note("function", f"Invalid function name; function: {name}")
            return "call", name
        node: Node = (name, *arguments)
        if len(arguments) != count:
            self.calls.append(_miscounted(name, len(arguments)))
        elif name == "if_not_exists" and arguments[0][0] != "path":
            self.calls.append(_needs_path(name))
        else:
            self.calls.append(node)
        return node

    def _check_use(self, operands: list[Node]) -> None:
        """What is a condition is no operand; only size is both."""
        for each in operands:
            if each[0] in CONDITIONS:
                self._note("use", _misused(each[0]))

    # Conditions

    def condition(self) -> Node:
        found = [self._conjunction()]
        while self._accept_word("OR"):
            self._operator()
            found.append(self._conjunction())
        return ("or", found) if len(found) > 1 else found[0]

    def _conjunction(self) -> Node:
        found = [self._negation()]
        while self._accept_word("AND"):
            self._operator()
            found.append(self._negation())
        return ("and", found) if len(found) > 1 else found[0]

    def _negation(self) -> Node:
        is_negated = False
        while self._accept_word("NOT"):
            self._operator()
            is_negated = not is_negated
        inner = self._primary()
        return ("not", inner) if is_negated else inner

    def _primary(self) -> Node:
        if self._accept("("):
            self._deeper()
            doubled = self._is("(")
            start = self._at
            inner = self.condition()
            if doubled and self._closing(start) == self._at - 1:
                self._note("parentheses", "The expression has redundant parentheses;")
            self._expect(")")
            self._depth -= 1
            return inner
        self._uses, self._leaf_faults = [], {}
        node = self._comparison()
        fault = next((self._leaf_faults[each] for each in _LEAF_ORDER if each in self._leaf_faults), None)
        self.leaves.append(Leaf(node, tuple(self._uses), fault))
        return node

    def _closing(self, start: int) -> int:
        """The place of the parenthesis that closes the one at `start`."""
        depth = 0
        for at in range(start, self._at):
            token = self._tokens[at]
            if token.kind == SIGN:
                depth += (token.text == "(") - (token.text == ")")
                if not depth:
                    return at
        return -1

    def _comparison(self) -> Node:
        left = self.operand()
        token = self._tokens[self._at]
        if token.kind == SIGN and token.text in COMPARATORS:
            self._at += 1
            self._operator()
            right = self.operand()
            self._check_use([left, right])
            self._distinct(token.text, left, right)
            return token.text, left, right
        if self._accept_word("BETWEEN"):
            self._operator()
            low = self.operand()
            if not self._accept_word("AND"):
                raise self._unexpected()
            high = self.operand()
            self._check_use([left, low, high])
            return "between", left, low, high
        if self._accept_word("IN"):
            self._operator()
            self._expect("(")
            choices = [self.operand()]
            while self._accept(","):
                choices.append(self.operand())
            self._expect(")")
            self._check_use([left, *choices])
            if len(choices) > limits.IN_OPERANDS:
                self._leaf_faults.setdefault("count", _miscounted("IN", len(choices) + 1))
            return "in", left, choices
        if left[0] in ("path", "value"):
            raise self._unexpected()
        if left[0] == "size":
            self._note("use", _misused("size"))
        return left

    def _distinct(self, operator: str, left: Node, right: Node) -> None:
        if left == right and left[0] == "path":
            self._leaf_faults.setdefault(
                "distinct",
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {operator}, first operand: {show_path(left[1])}",
            )

    # Projections and updates

    def projection(self) -> list[Path]:
        found = [self.path()]
        while self._accept(","):
            found.append(self.path())
        self.refuse()
        self._separate(found)
        if self.overlap is not None:
            raise self.error(self.overlap)
        return found

    def update(self) -> dict[str, list[Node]]:
        """The actions of each section: ("SET", [(path, operand), …]), REMOVE [(path,)], ADD and DELETE [(path, value)]."""
        sections: dict[str, list[Node]] = {}
        while self._tokens[self._at].kind != END:
            token = self._tokens[self._at]
            name = token.text.upper()
            if token.kind != WORD or name not in _SECTIONS:
                raise self._unexpected()
            self._at += 1
            if name in sections:
                self._note("section", f'The "{name}" section can only be used once in an update expression;')
            actions = sections.setdefault(name, [])
            actions.append(self._action(name))
            while self._accept(","):
                actions.append(self._action(name))
        self.refuse()
        self._separate([action[0] for actions in sections.values() for action in actions])
        return sections

    def _action(self, section: str) -> Node:
        path = self.path()
        if section == "REMOVE":
            return (path,)
        if section == "SET":
            self._expect("=")
            return path, self._sum()
        return path, self.value()

    def _sum(self) -> Node:
        left = self._term()
        token = self._tokens[self._at]
        if token.kind == SIGN and token.text in ("+", "-"):
            self._at += 1
            self._operator()
            node = token.text, left, self._term()
            self.calls.append(node)
            return node
        return left

    def _term(self) -> Node:
        if self._accept("("):
            self._deeper()
            inner = self._sum()
            self._expect(")")
            self._depth -= 1
            return inner
        return self.operand()

    def _separate(self, paths: list[Path]) -> None:
        """No path may be, or lead to, another; nor may one see a list where another sees a map. Those that overlap are told first."""
        ends: dict[Path, Path] = {}
        through: dict[Path, Path] = {}
        conflict: str | None = None
        for path in paths:
            met = through.get(path) or next((ends[path[:n]] for n in range(1, len(path) + 1) if path[:n] in ends), None)
            if met is not None:
                self.overlap = _apart("overlap", met, path)
                return
            for n in range(1, len(path)):
                other = through.setdefault(path[:n], path)
                if conflict is None and isinstance(other[n], int) != isinstance(path[n], int):
                    conflict = _apart("conflict", other, path)
            ends[path] = path
        self.overlap = conflict


def undefined(name: str) -> str:
    """Of a `#name` or a `:value` that an expression uses."""
    if name[0] == "#":
        return f"An expression attribute name used in the document path is not defined; attribute name: {name}"
    return f"An expression attribute value used in expression is not defined; attribute value: {name}"


def _miscounted(name: str, count: int) -> str:
    return (
        "Incorrect number of operands for operator or function; operator or function: "
        f"{name}, number of operands: {count}"
    )


def _needs_path(name: str) -> str:
    return f"Operator or function requires a document path; operator or function: {name}"


def _misused(name: str) -> str:
    return f"The function is not allowed to be used this way in an expression; function: {name}"


def _apart(how: str, one: Path, two: Path) -> str:
    return (
        f"Two document paths {how} with each other; must remove or rewrite one of these paths; "
        f"path one: {show_path(one)}, path two: {show_path(two)}"
    )


def show_path(path: Path) -> str:
    return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) + "]"
