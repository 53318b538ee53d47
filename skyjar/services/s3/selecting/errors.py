"""What a selection is refused with. Source: Amazon S3 API reference, "List of SELECT Object Content Error Codes"."""

from __future__ import annotations

from skyjar.kernel.errors import AWSError

SENTENCES = {
    "CSVParsingError": "Encountered an error parsing the CSV file. Check the file and try again.",
    "CastFailed": "Attempt to convert from one data type to another using CAST failed in the SQL expression.",
    "EvaluatorInvalidTimestampFormatPatternSymbol": "The timestamp format pattern contains a symbol in the SQL expression that "
    "is not valid.",
    "EvaluatorUnterminatedTimestampFormatPatternToken": "The timestamp format pattern contains an unterminated token in the "
    "SQL expression.",
    "EvaluatorInvalidArguments": "Incorrect number of arguments in the function call in the SQL expression.",
    "ExpressionTooLong": "The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.",
    "InvalidColumnIndex": "The column index is invalid. Please check the service documentation and try again.",
    "InvalidCompressionFormat": "The file is not in a supported compression format. Only GZIP and BZIP2 are supported.",
    "InvalidDataSource": "Invalid data source type. Only CSV, JSON, and Parquet are supported.",
    "InvalidExpressionType": "The ExpressionType is invalid. Only SQL expressions are supported.",
    "InvalidFileHeaderInfo": "The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported.",
    "InvalidJsonType": "The JsonType is invalid. Only DOCUMENT and LINES are supported.",
    "InvalidQuoteFields": "The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported.",
    "InvalidRequestParameter": "The value of a parameter in SelectRequest element is invalid. Check the service API "
    "documentation and try again.",
    "InvalidTextEncoding": "Invalid encoding type. Only UTF-8 encoding is supported.",
    "JSONParsingError": "Encountered an error parsing the JSON file. Check the file and try again.",
    "LexerInvalidChar": "The SQL expression contains an invalid character.",
    "LexerInvalidIONLiteral": "The SQL expression contains an invalid ION literal.",
    "LexerInvalidLiteral": "The SQL expression contains an invalid literal.",
    "MissingHeaders": "Some headers in the query are missing from the file. Check the file and try again.",
    "MissingRequiredParameter": "The SelectRequest entity is missing a required parameter. Check the service "
    "documentation and try again.",
    "ObjectSerializationConflict": "The SelectRequest entity can only contain one of CSV or JSON. Check the service "
    "documentation and try again.",
    "OverMaxRecordSize": "The length of a record in the input or result is greater than maxCharsPerRecord of 1 MB.",
    "ParquetParsingError": "Encountered an error parsing the Parquet file. Check the file and try again.",
    "ParseExpectedKeyword": "Did not find the expected keyword in the SQL expression.",
    "ParseUnexpectedToken": "The SQL expression contains an unexpected token.",
    "ParseUnsupportedSyntax": "The SQL expression contains unsupported syntax.",
    "TruncatedInput": "Object decompression failed. Check that the object is properly compressed using the format "
    "specified in the request.",
    "UnsupportedFunction": "We encountered an unsupported SQL function.",
    "UnsupportedScanRangeInput": "Scan range queries are not supported on this type of object.",
    "UnsupportedSqlStructure": "We encountered an unsupported SQL structure. Check the SQL Reference.",
}


class Refused(AWSError):
    """One of the codes above; `detail` is added to its sentence."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{SENTENCES[code]} {detail}".rstrip())
        self.code = code
