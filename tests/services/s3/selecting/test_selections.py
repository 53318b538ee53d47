"""S3 Select: what is read, chosen, computed and written; what is refused."""

from __future__ import annotations

import bz2
import gzip
import json
from typing import Any

import pytest

from skyjar.kernel.errors import NotImplementedHere
from skyjar.services.s3.copies import Whole
from skyjar.services.s3.selecting import sources
from skyjar.services.s3.selecting.errors import Refused
from skyjar.services.s3.selecting.grammar import parse
from skyjar.services.s3.selecting.selections import Selection

PEOPLE = b"name,age,city\nAnn,31,Bern\nBob,9,Oslo\n#no,0,row\nCid,,Bern\n"
LINES = b'{"n":1,"tags":["a","b"],"in":{"Deep":true}}\n{"n":2.5,"in":null}\n{"n":"3","tags":[]}\n'
JSON_OUT = {"JSON": {}}


def events(
    data: bytes, sql: str, reading: dict[str, Any], writing: dict[str, Any] | None = None, **more: Any
) -> list[dict[str, Any]]:
    pieces = ((Whole(data), 0, len(data)),)
    given = (reading, writing or {"CSV": {}}, more.get("span"), 1_800_000_000.0, more.get("progress", False))
    return list(Selection(pieces, parse(sql), *given).events())


def text(*args: Any, **more: Any) -> str:
    found = events(*args, **more)
    assert [next(iter(each)) for each in found[-2:]] == ["Stats", "End"]
    return b"".join(each["Records"]["Payload"] for each in found if "Records" in each).decode()


def people(sql: str, **csv: Any) -> str:
    return text(PEOPLE, sql, {"CSV": {"FileHeaderInfo": "USE", **csv}})


def lines(sql: str) -> list[Any]:
    return [json.loads(line) for line in text(LINES, sql, {"JSON": {"Type": "LINES"}}, JSON_OUT).splitlines()]


@pytest.mark.spec("s3-165")
@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT * FROM S3Object", "Ann,31,Bern\nBob,9,Oslo\nCid,,Bern\n"),
        ("select s.NAME from s3object s where s.city = 'Bern'", "Ann\nCid\n"),
        ('SELECT s."name" FROM s3object AS s LIMIT 1', "Ann\n"),
        ("SELECT _3, _1 FROM s3object WHERE CAST(age AS INT) > 9", None),
        ("SELECT _3, _1 FROM s3object WHERE age > 9", "Bern,Ann\n"),
        ("SELECT name FROM s3object WHERE age >= 9 AND NOT city LIKE 'B%'", "Bob\n"),
        ("SELECT name FROM s3object WHERE city IN ('Oslo', 'Rome') OR name LIKE '_i_'", "Bob\nCid\n"),
        ("SELECT name FROM s3object WHERE age BETWEEN 5 AND 10", "Bob\n"),
        ("SELECT name FROM s3object WHERE age NOT BETWEEN 5 AND 10", "Ann\n"),
        ("SELECT UPPER(name), CHAR_LENGTH(city), SUBSTRING(city, 2, 2) FROM s3object LIMIT 1", "ANN,4,er\n"),
        ("SELECT CASE city WHEN 'Bern' THEN 'b' ELSE 'o' END FROM s3object", "b\no\nb\n"),
        ("SELECT TRIM(LEADING 'A' FROM name) FROM s3object LIMIT 1", "nn\n"),
        ("SELECT COALESCE(NULLIF(age, ''), 'none') FROM s3object", "31\n9\nnone\n"),
        ("SELECT COUNT(*), MAX(CAST(age AS INT)), AVG(age) FROM s3object WHERE age <> ''", "2,31,20.0\n"),
        ("SELECT CAST(age AS INT) * 2 + 1, -CAST(age AS INT) % 4 FROM s3object LIMIT 2", "63,-3\n19,-1\n"),
        ("SELECT name FROM s3object WHERE city LIKE '%er%' AND name <> 'Cid'", "Ann\n"),
    ],
)
def test_csv(sql: str, answer: str | None) -> None:
    if answer is None:
        with pytest.raises(Refused) as caught:
            people(sql)
        assert caught.value.code == "CastFailed"
    else:
        assert people(sql) == answer


def test_csv_of_other_forms() -> None:
    assert people("SELECT _1 FROM s3object", FileHeaderInfo="IGNORE") == "Ann\nBob\nCid\n"
    assert people("SELECT _1 FROM s3object LIMIT 1", FileHeaderInfo="NONE") == "name\n"
    data = b"'a|1'|x;'it\\'s'|y;"
    form = {"FieldDelimiter": "|", "RecordDelimiter": ";", "QuoteCharacter": "'", "QuoteEscapeCharacter": "\\"}
    assert (
        text(data, "SELECT * FROM s3object", {"CSV": form}, JSON_OUT)
        == '{"_1":"a|1","_2":"x"}\n{"_1":"it\'s","_2":"y"}\n'
    )
    data = b'id,note\r\n1,"two\nlines"\r\n2,"say ""hi"""\r\n'
    form = {"FileHeaderInfo": "USE", "AllowQuotedRecordDelimiter": True}
    assert [json.loads(line) for line in text(data, "SELECT * FROM s3object", {"CSV": form}, JSON_OUT).splitlines()] == [
        {"id": "1", "note": "two\nlines"}, {"id": "2", "note": 'say "hi"'},
    ]  # fmt: skip
    always = {"CSV": {"QuoteFields": "ALWAYS", "FieldDelimiter": ";", "RecordDelimiter": "\r\n"}}
    assert text(b'a,"b""c"\n', "SELECT * FROM s3object", {"CSV": {}}, always) == '"a";"b""c"\r\n'


@pytest.mark.spec("s3-165")
@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT s.n FROM S3Object s WHERE s.n > 1", [{"n": 2.5}, {"n": "3"}]),
        ("SELECT s.tags[1] AS second FROM S3Object[*] s", [{"second": "b"}, {}, {}]),
        ('SELECT s."in".deep FROM S3Object s WHERE s."in"."Deep" = true', [{"deep": True}]),
        ("SELECT n FROM S3Object WHERE tags IS MISSING", [{"n": 2.5}]),
        ('SELECT n FROM S3Object WHERE "in" IS NULL', [{"n": 2.5}, {"n": "3"}]),
        ("SELECT t FROM S3Object[*].tags[*] t", [{"t": "a"}, {"t": "b"}]),
        ("SELECT COUNT(tags) AS many FROM S3Object", [{"many": 2}]),
        ("SELECT * FROM S3Object LIMIT 0", []),
    ],
)
def test_json_lines(sql: str, answer: list[Any]) -> None:
    assert lines(sql) == answer


def test_json_documents() -> None:
    data = b'{"Rules":[{"id":1},{"x":0},{"id":4}]} {"Rules":[]}'
    found = text(data, "SELECT id FROM S3Object[*].Rules[*].id", {"JSON": {"Type": "DOCUMENT"}}, JSON_OUT)
    assert found == '{"id":1}\n{}\n{"id":4}\n'
    found = text(b"[1, 2]", "SELECT * FROM S3Object[*][*]", {"JSON": {"Type": "DOCUMENT"}}, JSON_OUT)
    assert found == '{"_1":1}\n{"_1":2}\n'
    with pytest.raises(Refused) as caught:
        text(b'{"a":', "SELECT * FROM S3Object", {"JSON": {"Type": "DOCUMENT"}})
    assert caught.value.code == "JSONParsingError"


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("CAST('2026-02-28T10:00:00Z' AS TIMESTAMP)", "2026-02-28T10:00:00Z"),
        ("DATE_ADD(month, 1, TO_TIMESTAMP('2026-01-31'))", "2026-02-28T00:00:00Z"),
        ("DATE_DIFF(day, TO_TIMESTAMP('2026-01-01'), TO_TIMESTAMP('2026-03-01'))", "59"),
        ("DATE_DIFF(month, TO_TIMESTAMP('2026-01-31'), TO_TIMESTAMP('2026-02-28'))", "0"),
        ("EXTRACT(hour FROM TO_TIMESTAMP('2026-01-01T05:06+02:00'))", "5"),
        ("EXTRACT(timezone_hour FROM TO_TIMESTAMP('2026-01-01T05:06+02:00'))", "2"),
        ("EXTRACT(timezone_minute FROM TO_TIMESTAMP('2026-01-01T05:06-02:30'))", "-30"),
        ("EXTRACT(timezone_hour FROM TO_TIMESTAMP('2026-01-01T05:06-02:30'))", "-2"),
        ("TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')", '"July 20, 1969"'),
        ("TO_STRING(`1969-07-20T20:18Z`, 'MMM dd yy h:m a MMMMM')", "Jul 20 69 8:18 PM J"),
        (
            "TO_STRING(`1969-07-20T00:08:09.06Z`, 'y-MM-dd''T''H:m:ss.SS SSS n hh X')",
            "1969-07-20T0:8:09.06 060 60000000 12 Z",
        ),
        ("TO_STRING(`1969-07-20T20:18+08:00`, 'HHmmX XX XXXXX x xxxx xxxxx')", "2018+08 +0800 +08:00 +08 +0800 +08:00"),
        ("DATE_ADD(year, 5, `2010-01-01T`)", "2015-01-01T00:00:00Z"),
        ("UTCNOW()", "2027-01-15T08:00:00Z"),
        ("'it''s'", "it's"),
        ("7 / 2", "3"),
        ("-7 % 4", "-3"),
        ("7 / 2.0", "3.5"),
        ("CAST('yes' AS STRING)", "yes"),
        ("CAST('true' AS BOOL)", "true"),
        ("CAST(1.9 AS INTEGER)", "1"),
        ("NULL = NULL", ""),
        ("'a' LIKE 'b' ESCAPE 'x'", "false"),
        ("'50%' LIKE '50x%' ESCAPE 'x'", "true"),
        ("'abcabc' LIKE '%b%bc'", "true"),
        ("'ab' LIKE 'ab%b'", "false"),
    ],
)
def test_expressions(expression: str, answer: str) -> None:
    assert text(b"x\n", f"SELECT {expression} FROM s3object", {"CSV": {}}) == answer + "\n"


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM s3object GROUP BY a", "UnsupportedSqlStructure"),
        ("SELECT * FROM s3object s JOIN s3object t", "UnsupportedSqlStructure"),
        ("SELECT * FROM s3object ORDER BY a", "UnsupportedSqlStructure"),
        ("SELECT * FROM other", "UnsupportedSqlStructure"),
        ("SELECT a FROM s3object WHERE a IN (SELECT a FROM s3object)", "UnsupportedSqlStructure"),
        ("SELECT COUNT(*), name FROM s3object", "UnsupportedSqlStructure"),
        ("SELECT DISTINCT a FROM s3object", "UnsupportedSqlStructure"),
        ("SELECT " + "(" * 100 + "1" + ")" * 100 + " FROM s3object", "UnsupportedSqlStructure"),
        ("SELECT " + "1+" * 5000 + "1 FROM s3object", "UnsupportedSqlStructure"),
        ("DELETE FROM s3object", "ParseExpectedKeyword"),
        ("SELECT * FROM s3object WHERE", "ParseUnexpectedToken"),
        ("SELECT read_text('/etc/passwd') FROM s3object", "UnsupportedFunction"),
        ("SELECT LOWER(name, 1) FROM s3object", "EvaluatorInvalidArguments"),
        ("SELECT a; FROM s3object", "LexerInvalidChar"),
        ("SELECT 'a FROM s3object", "LexerInvalidLiteral"),
        ("SELECT `a FROM s3object", "LexerInvalidLiteral"),
        ("SELECT `a` FROM s3object", "LexerInvalidIONLiteral"),
        ("SELECT TO_STRING(`2026T`, 'y-Q') FROM s3object", "EvaluatorInvalidTimestampFormatPatternSymbol"),
        ("SELECT TO_STRING(`2026T`, 'y ''a') FROM s3object", "EvaluatorUnterminatedTimestampFormatPatternToken"),
        ("SELECT absent FROM s3object", "MissingHeaders"),
        ("SELECT CAST(name AS INT) FROM s3object", "CastFailed"),
        ("SELECT '" + "x" * 300_000 + "' FROM s3object", "ExpressionTooLong"),
    ],
)
def test_sql_that_is_refused(sql: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        people(sql)
    assert caught.value.code == code


@pytest.mark.spec("s3-165")
@pytest.mark.parametrize("members", [1, 2])
def test_packed_objects(members: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 7)
    data = b"".join(b"%d,x\n" % n for n in range(500))
    half = len(data) // members
    for packing, pack in (("GZIP", gzip.compress), ("BZIP2", bz2.compress)):
        packed = pack(data[:half]) + (pack(data[half:]) if members > 1 else b"")
        form = {"CSV": {}, "CompressionType": packing}
        found = events(packed, "SELECT COUNT(*) FROM s3object", form)
        assert found[0] == {"Records": {"Payload": b"500\n"}}
        assert found[1]["Stats"]["Details"] == {
            "BytesScanned": len(packed), "BytesProcessed": len(data), "BytesReturned": 4,
        }  # fmt: skip
        with pytest.raises(Refused) as caught:
            events(packed[:-9], "SELECT COUNT(*) FROM s3object", form)
        assert caught.value.code == "TruncatedInput"
        with pytest.raises(Refused) as caught:
            events(data, "SELECT COUNT(*) FROM s3object", form)
        assert caught.value.code == "InvalidCompressionFormat"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "UNPACKED_BYTES", 1 << 22)
    bomb = gzip.compress(b"a\n" * (1 << 24))
    with pytest.raises(NotImplementedHere, match="unpacked"):
        events(bomb, "SELECT COUNT(*) FROM s3object", {"CSV": {}, "CompressionType": "GZIP"})
    endless = gzip.compress(b"a" * (1 << 23))
    with pytest.raises(NotImplementedHere):
        events(endless, "SELECT COUNT(*) FROM s3object", {"JSON": {"Type": "DOCUMENT"}, "CompressionType": "GZIP"})


def test_records_that_are_none() -> None:
    for data, reading, code in (
        (b"\xff\xfe\n", {"CSV": {}}, "InvalidTextEncoding"),
        (b"a" * (5 << 20), {"CSV": {}}, "OverMaxRecordSize"),
        (b'"a\n', {"CSV": {"AllowQuotedRecordDelimiter": True}}, "CSVParsingError"),
        (b"{]\n", {"JSON": {"Type": "LINES"}}, "JSONParsingError"),
        (b"{}", {"JSON": {"Type": "ROWS"}}, "InvalidJsonType"),
        (b"a", {"CSV": {"FileHeaderInfo": "SOME"}}, "InvalidFileHeaderInfo"),
    ):
        with pytest.raises(Refused) as caught:
            events(data, "SELECT * FROM s3object", reading)
        assert caught.value.code == code


def test_ranges_share_the_records_among_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "CHUNK_BYTES", 5)
    rows = [f"{n},{'x' * (n % 7)}\n" for n in range(40)]
    data = "".join(rows).encode()
    for step in (1, 3, 10, 64):
        spans = [(start, min(start + step, len(data))) for start in range(0, len(data), step)]
        assert "".join(text(data, "SELECT * FROM s3object", {"CSV": {}}, span=span) for span in spans) == data.decode()
    headed = b"a,b\n1,2\n3,4\n"
    form = {"CSV": {"FileHeaderInfo": "USE"}}
    assert text(headed, "SELECT b FROM s3object", form, span=(8, 12)) == "4\n"


def test_progress_and_long_answers() -> None:
    data = b"".join(b'{"n":%d,"pad":"%s"}\n' % (n, b"x" * 1000) for n in range(3000))
    found = events(data, "SELECT * FROM s3object", {"JSON": {"Type": "LINES"}}, JSON_OUT, progress=True)
    payloads = [each["Records"]["Payload"] for each in found if "Records" in each]
    assert len(payloads) == 3 and all(len(each) <= 1 << 20 for each in payloads)
    assert b"".join(payloads) == data
    assert found[-2]["Stats"]["Details"]["BytesReturned"] == len(data)
    assert [each["Progress"]["Details"]["BytesReturned"] for each in found if "Progress" in each][-1] == len(data)


@pytest.fixture
def columns(tmp_path: Any) -> bytes:
    """A Parquet file of people."""
    import duckdb

    path = tmp_path / "people.parquet"
    select = "SELECT * FROM (VALUES ('Ann', 31, {'city': 'Bern'}), ('Bob', 9, {'city': 'Oslo'})) AS t(name, age, place)"
    duckdb.connect(":memory:").execute(f"COPY ({select}) TO '{path}' (FORMAT PARQUET)")
    found: bytes = path.read_bytes()
    return found


@pytest.mark.spec("s3-165")
def test_parquet(columns: bytes) -> None:
    form: dict[str, Any] = {"Parquet": {}}
    found = text(columns, "SELECT s.Name, s.place.city FROM s3object s WHERE s.age > 9", form, JSON_OUT)
    assert found == '{"Name":"Ann","city":"Bern"}\n'
    assert text(columns, "SELECT * FROM s3object LIMIT 1", form, JSON_OUT) == (
        '{"name":"Ann","age":31,"place":{"city":"Bern"}}\n'
    )
    assert text(columns, "SELECT SUM(age) FROM s3object", form) == "40\n"
    for data, sql, code in (
        (columns, "SELECT absent FROM s3object", "MissingHeaders"),
        (columns[:-50], "SELECT * FROM s3object", "ParquetParsingError"),
        (b"a,b\n", "SELECT * FROM s3object", "ParquetParsingError"),
    ):
        with pytest.raises(Refused) as caught:
            events(data, sql, form)
        assert caught.value.code == code
    with pytest.raises(Refused) as caught:
        events(columns, "SELECT * FROM s3object", form, span=(0, 10))
    assert caught.value.code == "UnsupportedScanRangeInput"
