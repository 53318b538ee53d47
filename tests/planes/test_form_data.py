"""Forms of browsers, in pieces of every size."""

import pytest

from skyjar.planes.form_data import Malformed, Reader, TooLong

TYPE = "multipart/form-data; boundary=b"


def body(*parts: tuple[str, bytes]) -> bytes:
    each = [
        b"--b\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + text + b"\r\n"
        for head, text in parts
    ]
    return b"".join(each) + b"--b--\r\n"


def read(data: bytes, size: int = 1 << 20, most: int = 20_000, content_type: str = TYPE) -> tuple[Reader, bytes]:
    reader = Reader(content_type, most)
    content = b"".join(reader.feed(data[at : at + size]) for at in range(0, len(data), size))
    reader.close()
    return reader, content


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
@pytest.mark.parametrize("content", [b"", b"x;y", b"\r\n--", b"\r\n--c--\r\n\r\n-", b"--b", bytes(range(256)) * 9])
def test_fields_and_a_file(size: int, content: bytes) -> None:
    sent = body(('name="Key"', b"up/\xc3\xbc"), ("name=b", b"line\r\nline"), ('name="file"; filename="a.txt"\r\nContent-Type: a/b', content),
                ('name="late"', b"x"))  # fmt: skip
    reader, found = read(sent, size)
    assert (reader.fields, reader.filename, found, reader.has_file) == (
        {"key": "up/ü", "b": "line\r\nline"},
        "a.txt",
        content,
        True,
    )


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ('filename="a;b=c.txt"', "a;b=c.txt"),
        ("filename=bare.txt; x=y", "bare.txt"),
        (r'filename="C:\\My Files\\a.txt"', "a.txt"),
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="a\"b"', 'a"b'),
        ('filename="ü %22q%22"', "ü %22q%22"),
        ("x=y", ""),
    ],
)
def test_names_of_files(told: str, name: str) -> None:
    assert read(body((f'name="file"; {told}', b"")))[0].filename == name


def test_what_is_no_form() -> None:
    for data in (
        b"",
        b"nonsense",
        b"--b",
        b"--bXX",
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut short',
        body(("name=a", b""))[:-6],
    ):
        with pytest.raises(Malformed):
            read(data)
    with pytest.raises(Malformed):
        Reader("multipart/form-data", 1)
    for data in (b"--b--", body(("name=key", b"k"))):
        assert not read(data)[0].has_file


def test_what_comes_before_the_file_is_limited() -> None:
    long = ("name=a", b"x" * 21_000)
    for data in (body(long, ("name=file", b"")), b"--b\r\n" + b"x" * 21_000, b"x" * 21_000):
        for size in (100, 1 << 20):
            with pytest.raises(TooLong):
                read(data, size)
    assert read(body(("name=key", b"k"), ("name=file", b"y" * 90_000), long))[1] == b"y" * 90_000
