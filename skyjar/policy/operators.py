"""The condition operators, each in its positive form: does this value of the request match any of the policy's values?

A test answers True or False, or None when nothing matched and some policy value has a variable without a value: then the
condition does not hold, negated or not. Negation, IfExists and the set operators are `conditions`' business.
"""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from . import values, variables
from .globs import Matcher, Token, matcher, tokens_of
from .requests import Request
from .variables import Part

Test = Callable[[str, Request], bool | None]
Compile = Callable[[tuple[str, ...], str], Test]  # policy values, policy version


class Operator(NamedTuple):
    compile: Compile
    negated: bool = False
    is_value: Callable[[str], object] | None = None  # answers None for a policy value that the operator cannot read
    has_variables: bool = False


def string_equals(wanted: tuple[str, ...], version: str) -> Test:
    return _texts(wanted, version, fold=False)


def string_equals_ignore_case(wanted: tuple[str, ...], version: str) -> Test:
    return _texts(wanted, version, fold=True)


def _texts(wanted: tuple[str, ...], version: str, *, fold: bool) -> Test:
    scanned = [variables.scan(text, version, wildcards=False) for text in wanted]
    plain = ["".join(str(part) for part in parts) for parts in scanned if variables.is_static(parts)]
    fixed = frozenset(text.lower() if fold else text for text in plain)
    open_ended = [parts for parts in scanned if not variables.is_static(parts)]
    if not open_ended:
        return (lambda value, _: value.lower() in fixed) if fold else (lambda value, _: value in fixed)

    def test(value: str, request: Request) -> bool | None:
        value = value.lower() if fold else value
        if value in fixed:
            return True
        unresolved = False
        for parts in open_ended:
            tokens = variables.resolve(parts, request)
            if tokens is None:
                unresolved = True
            elif (text := "".join(str(token) for token in tokens)) == value or (fold and text.lower() == value):
                return True
        return None if unresolved else False

    return test


def string_like(wanted: tuple[str, ...], version: str) -> Test:
    scanned = [variables.scan(text, version) for text in wanted]
    fixed = [matcher(variables.static(parts)) for parts in scanned if variables.is_static(parts)]
    open_ended = [parts for parts in scanned if not variables.is_static(parts)]
    if not open_ended and len(fixed) == 1:
        only = fixed[0]
        return lambda value, _: only(value)
    return _patterns(fixed, open_ended, matcher)


def arn_like(wanted: tuple[str, ...], version: str) -> Test:
    scanned = [variables.scan(text, version) for text in wanted]
    fixed = [_arn_matcher(parts) for parts in scanned if variables.is_static(parts)]
    open_ended = [parts for parts in scanned if not variables.is_static(parts)]

    def test(value: str, request: Request) -> bool | None:
        if any(matches(value) for matches in fixed):
            return True
        unresolved = False
        for parts in open_ended:
            resolved = [variables.resolve(each, request) for each in variables.segments(parts)]
            if None in resolved:
                unresolved = True
            elif _by_segment([matcher(tokens) for tokens in resolved if tokens is not None], value):
                return True
        return None if unresolved else False

    return test


def _arn_matcher(parts: tuple[Part, ...]) -> Matcher:
    tokens = variables.static(parts)
    if tokens == tokens_of("*") or all(isinstance(token, str) for token in tokens):
        return matcher(tokens)
    matchers = [matcher(variables.static(each)) for each in variables.segments(parts)]
    return lambda value: _by_segment(matchers, value)


def _by_segment(matchers: list[Matcher], value: str) -> bool:
    pieces = value.split(":", 5)
    if len(pieces) != 6 or len(matchers) != 6:
        return False
    return all(matches(piece) for matches, piece in zip(matchers, pieces, strict=True))


def _patterns(
    fixed: list[Matcher], open_ended: list[tuple[Part, ...]], compiled: Callable[[tuple[Token, ...]], Matcher]
) -> Test:
    def test(value: str, request: Request) -> bool | None:
        for matches in fixed:
            if matches(value):
                return True
        unresolved = False
        for parts in open_ended:
            tokens = variables.resolve(parts, request)
            if tokens is None:
                unresolved = True
            elif compiled(tokens)(value):
                return True
        return None if unresolved else False

    return test


def _ordered(
    read: Callable[[str], Decimal | None], compare: Callable[[Decimal, Decimal], bool]
) -> Callable[[tuple[str, ...], str], Test]:
    def compiled(wanted: tuple[str, ...], version: str) -> Test:
        bounds = [bound for bound in map(read, wanted) if bound is not None]

        def test(value: str, request: Request) -> bool:
            have = read(value)
            return have is not None and any(compare(have, bound) for bound in bounds)

        return test

    return compiled


def _binary(wanted: tuple[str, ...], version: str) -> Test:
    fixed = frozenset(values.binary(text) for text in wanted) - {None}
    return lambda value, _: values.binary(value) in fixed


def _ip_address(wanted: tuple[str, ...], version: str) -> Test:
    blocks = [block for block in map(values.network, wanted) if block is not None]

    def test(value: str, request: Request) -> bool:
        have = values.address(value)
        if have is None:
            return False
        family, number = have
        return any(family == block[0] and number & block[2] == block[1] for block in blocks)

    return test


def _is_bool(text: str) -> object:
    return True if text.lower() in ("true", "false") else None


def _comparisons(prefix: str, read: Callable[[str], Decimal | None]) -> dict[str, Operator]:
    return {
        f"{prefix}Equals": Operator(_ordered(read, operator.eq), is_value=read),
        f"{prefix}NotEquals": Operator(_ordered(read, operator.eq), negated=True, is_value=read),
        f"{prefix}LessThan": Operator(_ordered(read, operator.lt), is_value=read),
        f"{prefix}LessThanEquals": Operator(_ordered(read, operator.le), is_value=read),
        f"{prefix}GreaterThan": Operator(_ordered(read, operator.gt), is_value=read),
        f"{prefix}GreaterThanEquals": Operator(_ordered(read, operator.ge), is_value=read),
    }


OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(string_equals, has_variables=True),
    "StringNotEquals": Operator(string_equals, negated=True, has_variables=True),
    "StringEqualsIgnoreCase": Operator(string_equals_ignore_case, has_variables=True),
    "StringNotEqualsIgnoreCase": Operator(string_equals_ignore_case, negated=True, has_variables=True),
    "StringLike": Operator(string_like, has_variables=True),
    "StringNotLike": Operator(string_like, negated=True, has_variables=True),
    **_comparisons("Numeric", values.number),
    **_comparisons("Date", values.instant),
    "Bool": Operator(string_equals_ignore_case, is_value=_is_bool, has_variables=True),
    "BinaryEquals": Operator(_binary, is_value=values.binary),
    "IpAddress": Operator(_ip_address, is_value=values.network),
    "NotIpAddress": Operator(_ip_address, negated=True, is_value=values.network),
    "ArnEquals": Operator(arn_like, has_variables=True),
    "ArnLike": Operator(arn_like, has_variables=True),
    "ArnNotEquals": Operator(arn_like, negated=True, has_variables=True),
    "ArnNotLike": Operator(arn_like, negated=True, has_variables=True),
}
