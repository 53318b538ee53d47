"""XML both ways: a small tree parsed by expat with document types refused, and compiled writers of elements."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable
from itertools import chain, groupby, repeat
from operator import itemgetter
from typing import Any
from xml.parsers import expat

from skyjar.wire import timestamps
from skyjar.wire.closures import Closure, Compiler
from skyjar.wire.errors import WireError
from skyjar.wire.models import Shape

DEPTH_MAX = 100
ELEMENTS_MAX = 200_000
REMEMBERED_MAX = 1024  # of one member

Add = Callable[[str], None]
Write = Callable[[Add, Any], None]


class Node:
    """One element: its local name, attributes with their prefixes, children in order, and text."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""


class Refused(Exception):
    """The document is not what a request may contain."""


class _Tree:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.texts: list[list[str]] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.stack) >= DEPTH_MAX or self.count > ELEMENTS_MAX:
            raise Refused
        node = Node(name.rpartition(":")[2], attributes)
        if self.stack:
            self.stack[-1].children.append(node)
        else:
            self.root = node
        self.stack.append(node)
        self.texts.append([])

    def data(self, text: str) -> None:
        self.texts[-1].append(text)

    def end(self, name: str) -> None:
        self.stack.pop().text = "".join(self.texts.pop())


def _refuse(*_: Any) -> int:
    raise Refused


def parse(body: bytes) -> Node:
    """The root element. Refused for what is not well-formed, has a DTD or entities, or is too deep or too large."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    tree = _Tree()
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, UnicodeError, ValueError) as error:
        raise Refused from error
    if tree.root is None:
        raise Refused
    return tree.root


_UNSAFE = re.compile('[&<>"\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')
_IMPOSSIBLE = re.compile("[\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def escape(text: str) -> str:
    """Text as AWS writes it in XML; characters that XML cannot hold become references, as S3 does."""
    if _UNSAFE.search(text) is None:
        return text
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text if _IMPOSSIBLE.search(text) is None else _IMPOSSIBLE.sub(lambda m: f"&#x{ord(m.group()):x};", text)


def _escape_all(texts: Iterable[str]) -> list[str]:
    """Many texts at once, as one long one, unless one of them holds the character that stands between them."""
    several = list(texts)
    whole = "\n".join(several)
    escaped = escape(whole).split("\n")
    return escaped if len(escaped) == len(several) else [escape(text) for text in several]


def float_text(value: float) -> str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(float(value))


def _namespace(shape: Shape) -> str:
    """The prefixed namespace of a shape, such as `xmlns:xsi`; the default one stands on the root only."""
    found = shape.trait("xml_namespace")
    if isinstance(found, dict) and found.get("prefix"):
        return f' xmlns:{found["prefix"]}="{escape(found["uri"])}"'
    return ""


class XmlWriters(Compiler):
    """Compiles `write(add, value)` for an element of a given name."""

    item_name = "member"
    timestamp_format = "iso8601"

    def __init__(self, iso8601: Callable[[Any], str] = timestamps.iso8601) -> None:
        super().__init__()
        self._formats = {**timestamps.FORMATS, "iso8601": iso8601}
        self._elements: dict[tuple[Any, ...], Write] = {}

    def element(self, shape: Shape, tag: str) -> Write:
        key = (tag, *self.key(shape))
        found = self._elements.get(key)
        if found is not None:
            return found
        cell: list[Write] = []
        self._elements[key] = lambda add, value: cell[0](add, value)
        built = self._element(shape, tag)
        cell.append(built)
        self._elements[key] = built
        return built

    def _element(self, shape: Shape, tag: str) -> Write:
        if shape.type in ("structure", "list", "map"):
            built: Write = getattr(self, f"{shape.type}_element")(shape, tag)
            return built
        return self.string_element(tag) if shape.type == "string" else self.text_element(self.text(shape), tag)

    def string_element(self, tag: str) -> Write:
        start, end = f"<{tag}>", f"</{tag}>"
        is_unsafe = _UNSAFE.search

        def write(add: Add, value: Any) -> None:
            if value.__class__ is not str or is_unsafe(value) is not None:
                value = escape(str(value))
            add(f"{start}{value}{end}")

        return write

    def text_element(self, render: Callable[[Any], str], tag: str) -> Write:
        start, end = f"<{tag}>", f"</{tag}>"

        def write(add: Add, value: Any) -> None:
            add(start + render(value) + end)

        return write

    def text(self, shape: Shape) -> Callable[[Any], str]:
        """How a scalar is written."""
        if shape.type == "timestamp":
            return self._formats[(shape.trait("timestamp_format") or self.timestamp_format).lower()]
        return _TEXTS[shape.type]

    def name(self, name: str, member: Shape) -> str:
        """The element of a structure's member."""
        if member.type == "list" and member.trait("flattened"):
            return member.member.wire_name or member.wire_name or name
        return member.wire_name or name

    def contents(self, shape: Shape) -> Write:
        """Writes a structure's members without an element around them."""
        table = {
            name: self.element(member, self.name(name, member))
            for name, member in shape.members.items()
            if member.location is None and not member.trait("xml_attribute")
        }
        ignored = frozenset(name for name, member in shape.members.items() if name not in table)
        label = shape.name

        def write(add: Add, value: Any) -> None:
            for name, entry in value.items():
                member = table.get(name)
                if member is not None:
                    if entry is not None:
                        member(add, entry)
                elif name not in ignored:
                    raise TypeError(f"{label} has no member {name}")

        return write

    def structure_element(self, shape: Shape, tag: str) -> Write:
        start, end, empty = f"<{tag}{_namespace(shape)}>", f"</{tag}>", f"<{tag}/>"
        inside = self.contents(shape)
        attributes = {n: m.wire_name or n for n, m in shape.members.items() if m.trait("xml_attribute")}
        if attributes:
            return self._with_attributes(start[:-1], end, inside, attributes)

        def write(add: Add, value: Any) -> None:
            if value:
                add(start)
                inside(add, value)
                add(end)
            else:
                add(empty)

        return write

    def _rows(self, shape: Shape, tag: str) -> Write:
        """As `structure_element` for each structure of a list. Neighbours that have the same members in the same order
        are written column by column, which leaves almost nothing to do for each of them: listings are long."""
        one = self.structure_element(shape, tag)
        members = {n: m for n, m in shape.members.items() if m.location is None}
        if any(member.trait("xml_attribute") for member in shape.members.values()):
            return self._each(one)
        start, end = f"<{tag}{_namespace(shape)}>", f"</{tag}>"
        columns = {name: self._column(member, self.name(name, member)) for name, member in members.items()}

        def write_alike(add: Add, names: tuple[str, ...], entries: list[Any]) -> None:
            parts: list[Iterable[str]] = []
            before = start
            for name in names:
                opening, render, closing = columns[name]
                parts += (repeat(before + opening), render(map(itemgetter(name), entries)))
                before = closing
            add("".join(chain.from_iterable(zip(*parts, repeat(before + end), strict=False))))

        def write(add: Add, value: Any) -> None:
            for names, group in groupby(value, tuple):
                entries = list(group)
                if len(entries) > 3 and names and members.keys() >= set(names):
                    try:
                        write_alike(add, names, entries)
                        continue
                    except TypeError:  # a member is None, which is left out, or not of its type
                        pass
                for entry in entries:
                    one(add, entry)

        return write

    def _each(self, item: Write) -> Write:
        def write(add: Add, value: Any) -> None:
            for entry in value:
                item(add, entry)

        return write

    def _column(self, member: Shape, tag: str) -> tuple[str, Callable[[Iterable[Any]], Iterable[str]], str]:
        """What stands before each value, how the values become text (TypeError for None), and what stands behind."""
        opening, closing = f"<{tag}>", f"</{tag}>"
        if member.type == "string" and not member.trait("enum"):
            return opening, _escape_all, closing
        if member.type in ("integer", "long"):
            return opening, lambda values: map(int.__repr__, values), closing
        if member.type not in ("structure", "list", "map"):
            known = _Remembered(self.text(member)).__getitem__
            return opening, lambda values: map(known, values), closing
        whole = self.element(member, tag)

        def nested(value: Any) -> str:
            if value is None:
                raise TypeError
            parts: list[str] = []
            whole(parts.append, value)
            return "".join(parts)

        if member.type == "list" and member.member.trait("enum"):
            few = _Remembered(nested).__getitem__
            return "", lambda values: map(few, map(tuple, values)), ""
        return "", lambda values: map(nested, values), ""

    def _with_attributes(self, start: str, end: str, inside: Write, attributes: dict[str, str]) -> Write:
        def write(add: Add, value: Any) -> None:
            add(start)
            for name, wire in attributes.items():
                if value.get(name) is not None:
                    add(f' {wire}="{escape(value[name])}"')
            add(">")
            inside(add, value)
            add(end)

        return write

    def list_element(self, shape: Shape, tag: str) -> Write:
        member = shape.member
        if shape.trait("flattened"):
            if member.type == "structure":
                return self._rows(member, member.wire_name or tag)
            return self._each(self.element(member, member.wire_name or tag))
        return self.wrapped(self.element(member, member.wire_name or self.item_name), tag)

    def wrapped(self, item: Write, tag: str) -> Write:
        start, end, empty = f"<{tag}>", f"</{tag}>", f"<{tag}/>"

        def write(add: Add, value: Any) -> None:
            if not value:
                add(empty)
                return
            add(start)
            for entry in value:
                item(add, entry)
            add(end)

        return write

    def map_element(self, shape: Shape, tag: str) -> Write:
        flat = bool(shape.trait("flattened"))
        entry_tag = tag if flat else "entry"
        before, after = f"<{entry_tag}>", f"</{entry_tag}>"
        key = self.element(shape.key, shape.key.wire_name or "key")
        item = self.element(shape.value, shape.value.wire_name or "value")

        def write(add: Add, value: Any) -> None:
            if not flat:
                add(f"<{tag}>")
            for name, entry in value.items():
                add(before)
                key(add, name)
                item(add, entry)
                add(after)
            if not flat:
                add(f"</{tag}>")

        return write


class _Remembered(dict[Any, str]):
    """The texts of values of which there are few, or which come again and again."""

    def __init__(self, render: Callable[[Any], str]) -> None:
        super().__init__()
        self._render = render

    def __missing__(self, value: Any) -> str:
        if value is None:
            raise TypeError
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        found = self[value] = self._render(value)
        return found


def _boolean_text(value: Any) -> str:
    return "true" if value else "false"


_TEXTS: dict[str, Closure] = {
    "string": lambda value: escape(value if isinstance(value, str) else str(value)),
    "boolean": _boolean_text,
    "integer": lambda value: str(int(value)),
    "long": lambda value: str(int(value)),
    "float": float_text,
    "double": float_text,
    "blob": lambda value: b64encode(value if isinstance(value, bytes) else str(value).encode()).decode(),
}


def malformed_xml() -> WireError:
    return WireError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
