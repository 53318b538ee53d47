"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, and `${*}`, `${?}`, `${$}` for the characters.

A text is scanned once into parts: literals, wildcards and variables. Resolving the variables of a request gives tokens for
`globs`. A variable without value and default leaves its text unresolved, and an unresolved text matches nothing.
Only version 2012-10-17 has variables; multivalued keys cannot be variables.
"""

import re
from typing import NamedTuple

from .globs import ANY, SEGMENT_ANY, SEGMENT_STAR, STAR, Token, merge
from .requests import Request

LONGEST_EXPANSION_CHARS = 16_384


class Variable(NamedTuple):
    key: str
    default: str | None


Part = str | int | Variable

_PIECES = re.compile(r"(\$\{[^{}]*\})|([*?])")
_WILDCARDS = re.compile(r"[*?]")
_INNER = re.compile(r"\$\{\s*([^\s,']+:[^,']*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_WILD: dict[str, Part] = {"*": STAR, "?": ANY}


def scan(text: str, version: str, *, wildcards: bool = True) -> tuple[Part, ...]:
    """The parts of a text. With `wildcards` off, `*` and `?` are ordinary characters."""
    parts: list[Part] = []
    at = 0
    for found in (_PIECES if version == "2012-10-17" else _WILDCARDS).finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        parts.append(_part(found[0], wildcards))
    parts.append(text[at:])
    return _join(parts)


def _part(piece: str, wildcards: bool) -> Part:
    if piece in _WILD:
        return _WILD[piece] if wildcards else piece
    if piece in ("${*}", "${?}", "${$}"):
        return piece[2]
    inner = _INNER.fullmatch(piece)
    return Variable(inner[1].lower(), inner[2]) if inner else piece


def _join(parts: list[Part]) -> tuple[Part, ...]:
    joined: list[Part] = []
    for part in parts:
        if type(part) is str and joined and type(joined[-1]) is str:
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined)


def is_static(parts: tuple[Part, ...]) -> bool:
    return not any(isinstance(part, Variable) for part in parts)


def bound_to_segments(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """An ARN's wildcards stay in their segment, save a `*` that ends its segment, and all in the last one."""
    if not parts or not (isinstance(parts[0], str) and parts[0].startswith("arn:")):
        return parts
    bound: list[Part] = []
    colons = 0
    for index, part in enumerate(parts):
        following = parts[index + 1] if index + 1 < len(parts) else ":"
        if isinstance(part, str):
            colons += part.count(":")
        elif colons < 5 and part == ANY:
            part = SEGMENT_ANY
        elif colons < 5 and part == STAR and not (isinstance(following, str) and following.startswith(":")):
            part = SEGMENT_STAR
        bound.append(part)
    return tuple(bound)


def segments(parts: tuple[Part, ...]) -> list[tuple[Part, ...]]:
    """The parts of an ARN pattern, split at its first five colons; the colons of a variable's name do not count."""
    found: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            found[-1].append(part)
            continue
        pieces = part.split(":", 6 - len(found))
        for index, piece in enumerate(pieces):
            if index:
                found.append([])
            if piece:
                found[-1].append(piece)
    return [tuple(each) for each in found]


def resolve(parts: tuple[Part, ...], request: Request) -> tuple[Token, ...] | None:
    """Tokens with every variable replaced by its value; None when one has none, or all together grow too long."""
    tokens: list[Token] = []
    size = 0
    for part in parts:
        if isinstance(part, Variable):
            value = request.lookup(part.key)
            token: Token | None = value if isinstance(value, str) else part.default
            if token is None:
                return None
        else:
            token = part
        if isinstance(token, str):
            size += len(token)
            if size > LONGEST_EXPANSION_CHARS:
                return None
        tokens.append(token)
    return merge(tuple(tokens))


def static(parts: tuple[Part, ...]) -> tuple[Token, ...]:
    """The tokens of parts that have no variable."""
    return merge(tuple(part for part in parts if not isinstance(part, Variable)))


def keys(parts: tuple[Part, ...]) -> set[str]:
    return {part.key for part in parts if isinstance(part, Variable)}
