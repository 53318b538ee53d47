"""The grammar of expressions: text -> nodes. One tokenizer and one recursive-descent parser for all five kinds.

Nodes are tuples: ("path", path), ("value", name), ("size", operand) as operands, with ("+", a, b), ("-", a, b),
("if_not_exists", path node, operand) and ("list_append", a, b) in updates; ("and", [..]), ("or", [..]), ("not", x),
("=", a, b) …, ("between", x, low, high), ("in", x, [..]), (function name, [operands]) as conditions. A path is a tuple of
attribute names (str) and list indexes (int), its `#names` resolved.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any, NamedTuple

import orjson

from . import limits
from .errors import ValidationException

Path = tuple[str | int, ...]
Node = tuple[Any, ...]

RESERVED: frozenset[str] = frozenset(orjson.loads((files(__package__) / "data" / "reserved.json").read_bytes()))
CONDITIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "attribute_type": 2, "begins_with": 2, "contains": 2}
OPERANDS = {"if_not_exists": 2, "list_append": 2}
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN"))
_TOKEN = re.compile(
    r"[ \t\r\n]+|([A-Za-z][A-Za-z0-9_]*)|([#:][A-Za-z0-9_]+)|([0-9]+)|(<>|<=|>=|[=<>()\[\],.+-])|(.)", re.DOTALL
)
_WORD, _NAME, _NUMBER, _SIGN, _OTHER, _END = range(1, 7)


class Token(NamedTuple):
    kind: int
    text: str
    start: int
    end: int


def tokens(kind: str, text: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        if group is not None:
            found.append(Token(group, match.group(), match.start(), match.end()))
    found.append(Token(_END, "<EOF>", len(text), len(text)))
    return found


class Parser:
    """One parse of one expression; `kind` is its parameter's name, for the errors."""

    def __init__(self, kind: str, text: str, names: dict[str, str]) -> None:
        self.kind = kind
        self._text = text
        self._names = names
        self._tokens = tokens(kind, text)
        self._at = 0
        self._depth = 0
        self._operators = 0
        self.used_names: dict[str, None] = {}
        self.used_values: dict[str, None] = {}
        self.paths: list[Path] = []
        if not text.strip():
            raise self.error("The expression can not be empty;")
        if len(text.encode("utf-8", "surrogatepass")) > limits.EXPRESSION_BYTES:
            size = (
                "" if kind == "UpdateExpression" else f" expression size: {len(text.encode('utf-8', 'surrogatepass'))}"
            )
            raise self.error(f"Expression size has exceeded the maximum allowed size;{size}")

    # Tokens

    def error(self, sentence: str) -> ValidationException:
        return ValidationException(f"Invalid {self.kind}: {sentence}")

    def _unexpected(self) -> ValidationException:
        """A syntax error at the present token, with what stands around it."""
        at, all_tokens = self._at, self._tokens
        token = all_tokens[at]
        first = all_tokens[at - 1] if at else token
        last = all_tokens[at + 1] if at + 1 < len(all_tokens) else token
        near = self._text[first.start : last.end]
        return self.error(f'Syntax error; token: "{token.text}", near: "{near}"')

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, text: str) -> bool:
        token = self._tokens[self._at]
        return token.text == text and token.kind == _SIGN

    def _word(self, word: str) -> bool:
        token = self._tokens[self._at]
        return token.kind == _WORD and token.text.upper() == word

    def _accept(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _accept_word(self, word: str) -> bool:
        if self._word(word):
            self._at += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected()

    def end(self) -> None:
        if self._tokens[self._at].kind != _END:
            raise self._unexpected()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > limits.EXPRESSION_DEPTH:
            raise self.error("The expression is nested too deeply")

    def _operator(self) -> None:
        self._operators += 1
        if self._operators > limits.OPERATORS:
            raise self.error(f"The expression contains too many operators; operator count: {self._operators}")

    # Paths and operands

    def path(self) -> Path:
        parts: list[str | int] = [self._attribute()]
        while True:
            if self._accept("."):
                parts.append(self._attribute())
            elif self._is("["):
                self._at += 1
                if self._tokens[self._at].kind != _NUMBER:
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
        if token.kind == _NAME and token.text[0] == "#":
            self._at += 1
            self.used_names[token.text] = None
            name = self._names.get(token.text)
            if name is None:
                raise self.error(
                    "An expression attribute name used in the document path is not defined; attribute name: "
                    f"{token.text}"
                )
            return name
        if token.kind != _WORD:
            raise self._unexpected()
        upper = token.text.upper()
        if upper in _KEYWORDS:
            raise self._unexpected()
        if upper in RESERVED:
            raise self.error(f"Attribute name is a reserved keyword; reserved keyword: {token.text}")
        self._at += 1
        return token.text

    def value(self) -> str:
        token = self._tokens[self._at]
        if token.kind != _NAME or token.text[0] != ":":
            raise self._unexpected()
        self._at += 1
        self.used_values[token.text] = None
        return token.text

    def _function(self) -> str | None:
        """The name of a function whose call begins here."""
        token = self._tokens[self._at]
        following = self._tokens[self._at + 1] if token.kind == _WORD else None
        if following is None or following.text != "(" or token.text.upper() in _KEYWORDS:
            return None
        return token.text

    def _arguments(self) -> list[Node]:
        self._at += 1
        self._expect("(")
        self._deeper()
        found = [self._argument()]
        while self._accept(","):
            found.append(self._argument())
        self._expect(")")
        self._depth -= 1
        self._operator()
        return found

    def _argument(self) -> Node:
        return self.operand()

    def _counted(self, name: str, arguments: list[Node], count: int) -> None:
        if len(arguments) != count:
            raise self.error(
                "Incorrect number of operands for operator or function; operator or function: "
                f"{name}, number of operands: {len(arguments)}"
            )

    def operand(self) -> Node:
        name = self._function()
        if name is None:
            token = self._tokens[self._at]
            if token.kind == _NAME and token.text[0] == ":":
                return "value", self.value()
            return "path", self.path()
        if name == "size" and self.kind != "UpdateExpression":
            arguments = self._arguments()
            self._counted(name, arguments, 1)
            return "size", arguments[0]
        if name in OPERANDS and self.kind == "UpdateExpression":
            arguments = self._arguments()
            self._counted(name, arguments, OPERANDS[name])
            if name == "if_not_exists" and arguments[0][0] != "path":
                raise self.error(f"Operator or function requires a document path; operator or function: {name}")
            return name, arguments[0], arguments[1]
        if name in CONDITIONS or name in OPERANDS or name == "size":
            raise self.error(f"The function is not allowed to be used this way in an expression; function: {name}")
        raise self.error(f"Invalid function name; function: {name}")

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
                raise self.error("The expression has redundant parentheses;")
            self._expect(")")
            self._depth -= 1
            return inner
        name = self._function()
        if name in CONDITIONS:
            return self._test(name)
        return self._comparison()

    def _closing(self, start: int) -> int:
        """The place of the parenthesis that closes the one at `start`."""
        depth = 0
        for at in range(start, self._at):
            token = self._tokens[at]
            if token.kind == _SIGN:
                depth += (token.text == "(") - (token.text == ")")
                if not depth:
                    return at
        return -1

    def _test(self, name: str) -> Node:
        arguments = self._arguments()
        self._counted(name, arguments, CONDITIONS[name])
        if name.startswith("attribute_") and arguments[0][0] != "path":
            raise self.error(f"Operator or function requires a document path; operator or function: {name}")
        if len(arguments) == 2:
            self._distinct(name, arguments[0], arguments[1])
        token = self._tokens[self._at]
        if token.text in COMPARATORS or (token.kind == _WORD and token.text.upper() in ("BETWEEN", "IN")):
            raise self.error(f"The function is not allowed to be used this way in an expression; function: {name}")
        return name, arguments

    def _comparison(self) -> Node:
        left = self.operand()
        token = self._tokens[self._at]
        if token.kind == _SIGN and token.text in COMPARATORS:
            self._at += 1
            self._operator()
            right = self.operand()
            self._distinct(token.text, left, right)
            return token.text, left, right
        if self._accept_word("BETWEEN"):
            self._operator()
            low = self.operand()
            if not self._accept_word("AND"):
                raise self._unexpected()
            return "between", left, low, self.operand()
        if self._accept_word("IN"):
            self._operator()
            self._expect("(")
            choices = [self.operand()]
            while self._accept(","):
                choices.append(self.operand())
            self._expect(")")
            if len(choices) > limits.IN_OPERANDS:
                raise self.error(
                    "Incorrect number of operands for operator or function; operator or function: IN, number of "
                    f"operands: {len(choices) + 1}"
                )
            return "in", left, choices
        if left[0] == "size" and (token.kind == _END or token.text == ")" or token.text.upper() in _KEYWORDS):
            raise self.error("The function is not allowed to be used this way in an expression; function: size")
        raise self._unexpected()

    def _distinct(self, operator: str, left: Node, right: Node) -> None:
        if left == right and left[0] == "path":
            raise self.error(
                "The first operand must be distinct from the remaining operands for this operator or function; "
                f"operator: {operator}, first operand: {show_path(left[1])}"
            )

    # Projections and updates

    def projection(self) -> list[Path]:
        found = [self.path()]
        while self._accept(","):
            found.append(self.path())
        self.end()
        self.separate(found)
        return found

    def update(self) -> dict[str, list[Node]]:
        """The actions of each section: ("SET", [(path, operand), …]), REMOVE [(path,)], ADD and DELETE [(path, value)]."""
        sections: dict[str, list[Node]] = {}
        while self._tokens[self._at].kind != _END:
            token = self._tokens[self._at]
            name = token.text.upper()
            if token.kind != _WORD or name not in _SECTIONS:
                raise self._unexpected()
            self._at += 1
            if name in sections:
                raise self.error(f'The "{name}" section can only be used once in an update expression;')
            actions = sections[name] = [self._action(name)]
            while self._accept(","):
                actions.append(self._action(name))
        self.separate([action[0] for actions in sections.values() for action in actions])
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
        if token.kind == _SIGN and token.text in ("+", "-"):
            self._at += 1
            self._operator()
            return token.text, left, self._term()
        return left

    def _term(self) -> Node:
        if self._accept("("):
            self._deeper()
            inner = self._sum()
            self._expect(")")
            self._depth -= 1
            return inner
        return self.operand()

    def separate(self, paths: list[Path]) -> None:
        """No path may be, or lead to, another; nor may one see a list where another sees a map."""
        ends: dict[Path, Path] = {}
        through: dict[Path, Path] = {}
        for path in paths:
            met = through.get(path) or next((ends[path[:n]] for n in range(1, len(path) + 1) if path[:n] in ends), None)
            if met is not None:
                raise self.error(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    f"path one: {show_path(met)}, path two: {show_path(path)}"
                )
            for n in range(1, len(path)):
                other = through.setdefault(path[:n], path)
                if isinstance(other[n], int) != isinstance(path[n], int):
                    raise self.error(
                        "Two document paths conflict with each other; must remove or rewrite one of these paths; "
                        f"path one: {show_path(other)}, path two: {show_path(path)}"
                    )
            ends[path] = path


def show_path(path: Path) -> str:
    return "[" + ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path) + "]"
