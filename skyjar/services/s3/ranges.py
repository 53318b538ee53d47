"""Byte ranges and part numbers: from a request to an offset and a length. Pure."""

from __future__ import annotations

import re

from .errors import InvalidArgument, InvalidPartNumber, InvalidRange, InvalidRequest
from .object_state import Object

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
Span = tuple[int, int]


def of_range(text: str, size: int) -> Span | None:
    """(offset, length); None when the header is not one range of bytes: then S3 answers with everything."""
    match = _RANGE.fullmatch(text.strip().replace(" ", ""))
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        last = int(match[2])
        if last == 0 or size == 0:
            raise _unsatisfiable(text, size)
        return max(0, size - last), min(last, size)
    start = int(match[1])
    end = int(match[2]) if match[2] else size - 1
    if match[2] and end < start:
        return None
    if start >= size:
        raise _unsatisfiable(text, size)
    return start, min(end, size - 1) - start + 1


def _unsatisfiable(text: str, size: int) -> InvalidRange:
    return InvalidRange(RangeRequested=text, ActualObjectSize=size, **{"Content-Range": f"bytes */{size}"})


def of_part(found: Object, number: int) -> Span:
    """The bytes of one part; of an object put whole, part 1 is all of it."""
    sizes = found.sizes if found.is_multipart else (found.size,)
    if not 1 <= number <= 10_000:
        raise InvalidArgument(
            "Part number must be an integer between 1 and 10000, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=number,
        )
    if number > len(sizes):
        raise InvalidPartNumber(PartNumberRequested=number, ActualPartCount=len(sizes))
    return sum(sizes[: number - 1]), sizes[number - 1]


def chosen(found: Object, text: str, number: int | None) -> Span | None:
    if text and number is not None:
        raise InvalidRequest("Cannot specify both Range header and partNumber query parameter")
    if number is not None:
        return of_part(found, number)
    return of_range(text, found.size) if text else None


def of_copy(text: str, size: int) -> Span:
    """Of UploadPartCopy: `bytes=first-last`, both given, within the source."""
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", text.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise InvalidArgument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=text,
        )
    first, last = int(match[1]), int(match[2])
    if last >= size:
        raise InvalidArgument(
            f"Range specified is not valid for source object of size: {size}",
            ArgumentName="x-amz-copy-source-range",
            ArgumentValue=text,
        )
    return first, last - first + 1
