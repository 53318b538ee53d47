"""Tables: records by key and index, scopes, versions and upgrades."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyjar.kernel import keys
from skyjar.kernel.memory import MemoryDriver
from skyjar.kernel.store import Store
from skyjar.kernel.tables import Place, Record, Table


class Book(Record, frozen=True):
    shelf: str
    title: str
    year: int = 0
    is_lent: bool = False


books = Table(
    "test.books", Book, key=("shelf", "title"), indexes={"year": ("year",), "lent": ("is_lent", "shelf", "year")}
)


@pytest.fixture
def at() -> Iterator[Place]:
    store = Store(MemoryDriver())
    tx = store.begin()
    yield Place(tx, "111122223333", "us-east-1")
    tx.abort()


def titles(found: list[Book]) -> list[str]:
    return [book.title for book in found]


def test_a_record_comes_back_as_it_was_put(at: Place) -> None:
    book = Book(shelf="a", title="b\0c", year=-5)
    books.add(at, book)
    assert books.get(at, "a", "b\0c") == book
    assert books.get(at, "a", "b") is None
    assert books.get_many(at, [("a", "b"), ("a", "b\0c")]) == [None, book]
    assert books.delete(at, "a", "b\0c") == book
    assert books.delete(at, "a", "b\0c") is None
    assert not [value for value in at.tx.writes.values() if value is not None]


def test_put_moves_the_index_entries(at: Place) -> None:
    books.put(at, Book(shelf="a", title="x", year=1))
    books.put(at, Book(shelf="a", title="x", year=2))
    assert books.range(at, 1, via="year") == []
    assert titles(books.range(at, 2, via="year")) == ["x"]
    left = [key for key, value in at.tx.writes.items() if value is not None]
    assert len(left) == 3  # the record and one entry in each index


def test_replace_and_remove_read_nothing_and_leave_nothing(at: Place) -> None:
    old = Book(shelf="a", title="x", year=1)
    books.add(at, old)
    new = msgspec.structs.replace(old, year=7, is_lent=True)
    books.replace(at, old, new)
    assert titles(books.range(at, True, via="lent")) == ["x"]
    assert titles(books.range(at, False, via="lent")) == []
    books.remove(at, new)
    assert not [value for value in at.tx.writes.values() if value is not None]


def test_ranges_have_prefixes_starts_ends_limits_and_direction(at: Place) -> None:
    for title in "abcde":
        books.add(at, Book(shelf="1", title=title, year=ord(title)))
    books.add(at, Book(shelf="11", title="other", year=3))
    assert titles(books.range(at, "1")) == list("abcde")
    assert titles(books.range(at, "1", start=("b",), end=("d",))) == ["b", "c"]
    assert titles(books.range(at, "1", limit=2, reverse=True)) == ["e", "d"]
    assert titles(books.range(at, via="year", start=(98,), end=(100,))) == ["b", "c"]
    assert titles(books.range(at, via="year", limit=1)) == ["other"]
    assert titles(list(books.each(at, "1", start=("d",)))) == ["d", "e"]
    assert books.first(at, "1", start=("c",)) == books.get(at, "1", "c")
    assert books.first(at, "2") is None
    assert books.count(at, "1") == 5
    assert books.count(at, via="year", end=(99,)) == 3
    assert books.count(at, "1", limit=2) == 2


def test_accounts_and_regions_do_not_see_each_other(at: Place) -> None:
    books.add(at, Book(shelf="a", title="x"))
    for account, region in (("111122223333", "eu-west-1"), ("444455556666", "us-east-1")):
        elsewhere = Place(at.tx, account, region)
        assert books.get(elsewhere, "a", "x") is None
        assert books.range(elsewhere) == []
        assert books.range(elsewhere, via="year") == []


def test_wider_scopes_are_seen_from_everywhere_inside(at: Place) -> None:
    by_account = Table("test.by_account", Book, key=("title",), scope="account")
    by_cloud = Table("test.by_cloud", Book, key=("title",), scope="cloud")
    by_account.add(at, Book(shelf="", title="x"))
    by_cloud.add(at, Book(shelf="", title="x"))
    assert by_account.get(Place(at.tx, "111122223333", "eu-west-1"), "x") is not None
    assert by_account.get(Place(at.tx, "444455556666", "us-east-1"), "x") is None
    assert by_cloud.get(Place(at.tx, "444455556666", "eu-west-1"), "x") is not None


def test_anywhere_finds_the_records_of_all_accounts_and_regions(at: Place) -> None:
    books.add(at, Book(shelf="a", title="x"))
    books.add(Place(at.tx, "444455556666", "eu-west-1"), Book(shelf="b", title="y"))
    assert [(account, region, book.title) for account, region, book in books.anywhere(at.tx)] == [
        ("111122223333", "us-east-1", "x"),
        ("444455556666", "eu-west-1", "y"),
    ]


def test_a_table_whose_name_begins_with_another_is_apart(at: Place) -> None:
    more = Table("test.books.more", Book, key=("shelf", "title"))
    more.add(at, Book(shelf="a", title="x"))
    assert books.range(at) == []
    assert list(books.anywhere(at.tx)) == []


def test_watched_is_touched_by_what_is_below_it_only(at: Place) -> None:
    prefix = books.watched(at, "a")
    books.add(at, Book(shelf="a", title="x"))
    assert any(key.startswith(prefix) for key in at.tx.writes)
    books.remove(at, Book(shelf="a", title="x"))
    at.tx.writes.clear()
    books.add(at, Book(shelf="ab", title="x"))
    assert not any(key.startswith(prefix) for key in at.tx.writes)


class First(Record, frozen=True):
    name: str
    size: int


class Third(Record, frozen=True):
    name: str
    size_bytes: int
    note: str = "-"


def test_older_versions_are_upgraded_on_read_one_step_after_another(at: Place) -> None:
    first = Table("test.versioned", First, key=("name",))
    third = Table(
        "test.versioned", Third, key=("name",), version=3,
        upgrades={1: lambda fields: [fields[0], fields[1] * 1024], 2: lambda fields: [*fields, "upgraded"]},
    )  # fmt: skip
    first.add(at, First(name="a", size=2))
    assert third.get(at, "a") == Third(name="a", size_bytes=2048, note="upgraded")
    assert third.range(at) == [Third(name="a", size_bytes=2048, note="upgraded")]
    third.put(at, Third(name="a", size_bytes=1, note="new"))
    assert third.get(at, "a") == Third(name="a", size_bytes=1, note="new")


def test_a_field_added_at_the_end_needs_no_version(at: Place) -> None:
    class Longer(Record, frozen=True):
        name: str
        size: int
        colour: str = "red"

    Table("test.grown", First, key=("name",)).add(at, First(name="a", size=1))
    assert Table("test.grown", Longer, key=("name",)).get(at, "a") == Longer(name="a", size=1, colour="red")


def test_a_record_of_a_newer_version_is_refused_and_not_misread(at: Place) -> None:
    Table("test.newer", Third, key=("name",), version=2).add(at, Third(name="a", size_bytes=1))
    with pytest.raises(ValueError, match="newer"):
        Table("test.newer", Third, key=("name",), version=1).get(at, "a")


def test_a_key_of_a_type_that_has_no_order_is_refused() -> None:
    class Odd(Record, frozen=True):
        names: tuple[str, ...]

    with pytest.raises(TypeError):
        Table("test.odd", Odd, key=("names",))


ENTRIES = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(-2, 2), st.booleans()), max_size=20
)


@given(ENTRIES)
def test_indexes_say_what_the_records_say(entries: list[tuple[str, str, int, bool]]) -> None:
    store = Store(MemoryDriver())
    model: dict[tuple[str, str], Book] = {}
    for shelf, title, year, is_gone in entries:

        def body(
            place: Place, shelf: str = shelf, title: str = title, year: int = year, is_gone: bool = is_gone
        ) -> None:
            if is_gone:
                books.delete(place, shelf, title)
            else:
                books.put(place, Book(shelf=shelf, title=title, year=year, is_lent=year > 0))

        store.transact(lambda tx, body=body: body(Place(tx, "1", "r")))  # type: ignore[misc]
        if is_gone:
            model.pop((shelf, title), None)
        else:
            model[shelf, title] = Book(shelf=shelf, title=title, year=year, is_lent=year > 0)
    tx = store.begin()
    here = Place(tx, "1", "r")
    assert books.range(here) == [model[key] for key in sorted(model)]
    by_year = sorted(model.values(), key=lambda book: (book.year, book.shelf, book.title))
    assert books.range(here, via="year") == by_year
    assert books.range(here, True, via="lent") == [
        book for book in sorted(by_year, key=lambda book: (book.shelf, book.year)) if book.is_lent
    ]
    entries_left = tx.scan(keys.text("test.books#year"), keys.after(keys.text("test.books#year")))
    assert len(entries_left) == len(model)
    tx.abort()
