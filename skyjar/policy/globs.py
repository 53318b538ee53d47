"""Wildcards, compiled to the cheapest test that decides them, always in time proportional to pattern times text.

A pattern is a tuple of tokens: literal strings and the wildcards below. What a policy variable stands for arrives as a
literal, so a `*` in somebody's tag value is never a wildcard. Plain comparisons decide patterns that have only `*`;
a regular expression of atomic groups those with `?`; a bit-parallel automaton those bound to an ARN's segments.
"""

import re
from collections.abc import Callable
from functools import lru_cache

STAR, ANY, SEGMENT_STAR, SEGMENT_ANY = range(4)  # the last two do not cross a colon

Token = str | int
Matcher = Callable[[str], bool]


def tokens_of(pattern: str) -> tuple[Token, ...]:
    found = (_WILD.get(piece, piece) for piece in re.split(r"([*?])", pattern) if piece)
    return merge(tuple(found))


def merge(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The same pattern with neighbouring literals joined and neighbouring stars collapsed."""
    merged: list[Token] = []
    for token in tokens:
        last = merged[-1] if merged else None
        if isinstance(token, str) and isinstance(last, str):
            merged[-1] = last + token
        elif token in _STARS and last in _STARS:
            merged[-1] = STAR if STAR in (token, last) else SEGMENT_STAR
        else:
            merged.append(token)
    return tuple(merged)


@lru_cache(4096)
def matcher(tokens: tuple[Token, ...]) -> Matcher:
    """A test for merged tokens."""
    if not tokens:
        return "".__eq__
    if len(tokens) == 1 and isinstance(tokens[0], str):
        return tokens[0].__eq__
    if SEGMENT_STAR in tokens or SEGMENT_ANY in tokens:
        return _automaton(tokens)
    return _expression(tokens) if ANY in tokens else _pieces(tokens)


def always(_: str) -> bool:
    return True


def _pieces(tokens: tuple[Token, ...]) -> Matcher:
    literals = [token if isinstance(token, str) else "" for token in tokens]
    head = literals[0]
    tail = literals[-1]
    middle = [piece for piece in literals[1:-1] if piece]
    shortest = len(head) + len(tail)
    if not middle:
        if not shortest:
            return always
        if not tail:
            return lambda text: text.startswith(head)
        if not head:
            return lambda text: text.endswith(tail)
        return lambda text: len(text) >= shortest and text.startswith(head) and text.endswith(tail)

    def matches(text: str) -> bool:
        if len(text) < shortest or not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return matches


def _expression(tokens: tuple[Token, ...]) -> Matcher:
    pieces = [""]
    for token in tokens:
        if token == STAR:
            pieces.append("")
        else:
            pieces[-1] += re.escape(token) if isinstance(token, str) else "."
    last = [f".*{pieces[-1]}"] if len(pieces) > 1 else []
    middle = [f"(?>.*?{piece})" for piece in pieces[1:-1] if piece]
    matches = re.compile("".join([pieces[0], *middle, *last]), re.DOTALL).fullmatch
    return lambda text: matches(text) is not None


def _automaton(tokens: tuple[Token, ...]) -> Matcher:
    letters: dict[str, int] = {}
    masks = [0, 0, 0, 0]
    length = 0
    for token in tokens:
        for item in token if isinstance(token, str) else (token,):
            if isinstance(item, str):
                letters[item] = letters.get(item, 0) | 1 << length
            else:
                masks[item] |= 1 << length
            length += 1
    stars = masks[STAR] | masks[SEGMENT_STAR]
    singles = masks[ANY] | masks[SEGMENT_ANY]

    def matches(text: str) -> bool:
        states = 1
        states |= (states & stars) << 1
        for char in text:
            at_colon = char == ":"
            moved = states & (letters.get(char, 0) | (masks[ANY] if at_colon else singles))
            states = moved << 1 | states & (masks[STAR] if at_colon else stars)
            states |= (states & stars) << 1
            if not states:
                return False
        return bool(states >> length & 1)

    return matches


_WILD: dict[str, Token] = {"*": STAR, "?": ANY}
_STARS = (STAR, SEGMENT_STAR)
