"""PartiQL: statements, batches and transactions."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from skyjar.kernel.errors import AWSError
from skyjar.kernel.principals import Principal, root
from skyjar.services.dynamodb import partiql, permissions
from skyjar.services.dynamodb.errors import ValidationException

from .conftest import Make, av, index, item


@pytest.fixture
def db(desk: Any, table: Make) -> Any:
    """A table with items a/1 … a/5 and b/1."""
    made = table(sk="N", types={"g": "S"}, global_secondary_indexes=[index("gsi", "g")])
    for n in range(1, 6):
        made.put_item(table_name="tab", item=item(pk="a", sk=n, n=n * 10, g="x" if n < 3 else "y", m={"l": [1, "z"]}))
    made.put_item(table_name="tab", item=item(pk="b", sk=1, s={"p", "q"}))
    return made


def run(db: Any, text: str, *parameters: Any, **more: Any) -> Any:
    given = {"parameters": [av(each) for each in parameters]} if parameters else {}
    return db.execute_statement(statement=text, **given, **more)


def numbers(answer: Any) -> list[int]:
    return [int(each["sk"]["N"]) for each in answer["Items"]]


def refused(code: str, words: str, call: Any, *args: Any, **given: Any) -> AWSError:
    with pytest.raises(AWSError) as caught:
        call(*args, **given)
    assert caught.value.code == code
    assert words in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a'", [1, 2, 3, 4, 5]),
        ("pk = 'a' AND sk > 3", [4, 5]),
        ("pk = 'a' AND sk > 1 AND sk <= 4", [2, 3, 4]),
        ("pk = 'a' AND sk BETWEEN 2 AND 3", [2, 3]),
        ("pk = 'a' AND sk IN [5, 1]", [1, 5]),
        ("pk IN ('b', 'a') AND sk = 1", [1, 1]),
        ("pk = 'a' AND NOT (n = 10 OR n = 20)", [3, 4, 5]),
        ("pk = 'a' AND n <> 10", [2, 3, 4, 5]),
        ("pk = 'b' AND n <> 10", []),
        ("pk = 'b' AND n IS MISSING", [1]),
        ("pk = 'b' AND s IS NOT MISSING AND size(s) = 2", [1]),
        ("pk = 'b' AND contains(s, 'p') AND attribute_type(s, 'SS')", [1]),
        ("pk = 'a' AND m.l[1] = 'z' AND begins_with(g, 'x')", [1, 2]),
        ('"pk" = \'a\' and "m"."l"[0] = 1 and n >= -1.5e1 order by sk desc', [5, 4, 3, 2, 1]),
    ],
)
def test_where(db: Any, where: str, found: list[int]) -> None:
    assert numbers(run(db, f"SELECT * FROM tab WHERE {where}")) == found


def test_selecting_reads_no_more_than_its_range(db: Any) -> None:
    whole = run(db, "SELECT * FROM tab", return_consumed_capacity="INDEXES")
    assert len(whole["Items"]) == 6 and whole["ConsumedCapacity"]["CapacityUnits"] == 0.5
    found = run(db, "SELECT n, m.l FROM \"tab\" WHERE pk = ? AND sk = ?", "a", 2, consistent_read=True,
                return_consumed_capacity="TOTAL")  # fmt: skip
    assert found["Items"] == [{"n": av(20), "l": av([1, "z"])}]
    assert found["ConsumedCapacity"]["CapacityUnits"] == 1.0
    assert sorted(numbers(run(db, 'SELECT * FROM "tab"."gsi" WHERE g = ?', "y"))) == [3, 4, 5]
    refused(
        "ValidationException", "Must have at least one non-optional hash key", run, db, "SELECT * FROM tab ORDER BY sk"
    )
    refused("ResourceNotFoundException", "", run, db, "SELECT * FROM none")


def test_pages(db: Any) -> None:
    text = "SELECT * FROM tab WHERE pk IN ['a', 'b']"
    found, token = [], None
    for _ in range(4):
        answer = run(db, text, limit=2, **({"next_token": token} if token else {}))
        found += numbers(answer)
        token = answer.get("NextToken")
        if token is None:
            break
    assert found == [1, 2, 3, 4, 5, 1]
    token = run(db, text, limit=2)["NextToken"]
    refused("ValidationException", "NextToken does not match", run, db, "SELECT * FROM tab", next_token=token)
    refused("ValidationException", "Invalid NextToken", run, db, text, next_token="x")


def test_inserting(db: Any) -> None:
    run(db, "INSERT INTO tab VALUE {'pk': 'c', 'sk': ?, 'set': <<1, 2>>, 'deep': {'l': [TRUE, NULL, ?]}}", 7, "it's")
    found = db.get_item(table_name="tab", key=item(pk="c", sk=7))["Item"]
    assert found == item(pk="c", sk=7, set={1, 2}, deep={"l": [True, None, "it's"]})
    sentence = "Duplicate primary key exists in table"
    refused("DuplicateItemException", sentence, run, db, "INSERT INTO tab VALUE ?", {"pk": "c", "sk": 7})
    refused("ValidationException", "Missing the key sk", run, db, "INSERT INTO tab VALUE {'pk': 'c'}")


def test_updating(db: Any) -> None:
    where = "WHERE pk = 'a' AND sk = 1"
    answer = run(
        db, f"UPDATE tab SET n = n + ? SET m.l = list_append(m.l, [3]), t = 'u' REMOVE g {where} RETURNING ALL NEW *", 5
    )
    assert answer["Items"] == [item(pk="a", sk=1, n=15, m={"l": [1, "z", 3]}, t="u")]
    run(db, "UPDATE tab SET s = set_add(s, <<'r'>>) WHERE pk = 'b' AND sk = 1")
    answer = run(db, "UPDATE tab SET s = set_delete(s, <<'p'>>) WHERE pk = 'b' AND sk = 1 RETURNING MODIFIED NEW *")
    assert answer["Items"] == [item(s={"q", "r"})]
    refused("ConditionalCheckFailedException", "", run, db, f"UPDATE tab SET n = 1 {where} AND n = 99")
    refused("ConditionalCheckFailedException", "", run, db, "UPDATE tab SET n = 1 WHERE pk = 'zz' AND sk = 1")
    refused(
        "ValidationException", "Where clause does not contain a mandatory equality on all key attributes",
        run, db, "UPDATE tab SET n = 1 WHERE pk = 'a'",
    )  # fmt: skip
    refused("ValidationException", "part of the key", run, db, f"UPDATE tab SET sk = 2 {where}")
    refused("ValidationException", "overlap", run, db, f"UPDATE tab SET n = 2, n = 3 {where}")


def test_deleting(db: Any) -> None:
    where = "WHERE pk = 'a' AND sk = 1"
    refused("ConditionalCheckFailedException", "", run, db, f"DELETE FROM tab {where} AND n = 99")
    assert run(db, f"DELETE FROM tab {where} RETURNING ALL OLD *")["Items"][0]["n"] == av(10)
    assert run(db, f"DELETE FROM tab {where} AND n = 99") == {"Items": []}


def test_each_statement_of_a_batch_by_itself(db: Any) -> None:
    found = db.batch_execute_statement(
        statements=[
            {"Statement": "INSERT INTO tab VALUE {'pk': 'd', 'sk': 1}"},
            {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"},
            {"Statement": "DELETE FROM tab WHERE pk = 'a'"},
            {"Statement": "UPDATE none SET a = 1 WHERE pk = 'a'"},
            {"Statement": "what"},
        ],
        return_consumed_capacity="TOTAL",
    )
    codes = [each.get("Error", {}).get("Code") for each in found["Responses"]]
    assert codes == [None, "DuplicateItem", "ValidationError", "ResourceNotFound", "ValidationError"]
    assert found["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 1.0}]
    read = "SELECT * FROM tab WHERE pk = 'a' AND sk = 3"
    assert db.batch_execute_statement(statements=[{"Statement": read}])["Responses"][0]["Item"]["n"] == av(30)
    mixed = [{"Statement": read}, {"Statement": "DELETE FROM tab WHERE pk = 'a' AND sk = 1"}]
    refused("ValidationException", "both read and write", db.batch_execute_statement, statements=mixed)
    refused("ValidationException", "less than or equal to 25", db.batch_execute_statement, statements=[mixed[0]] * 26)


def test_transactions_do_all_or_nothing(db: Any) -> None:
    insert = {"Statement": "INSERT INTO tab VALUE {'pk': 'e', 'sk': 1}"}
    check = {"Statement": "EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 1 AND n = ?)", "Parameters": [av(11)]}
    error = refused("TransactionCanceledException", "[None, ConditionalCheckFailed]", db.execute_transaction,
                    transact_statements=[insert, check])  # fmt: skip
    assert [each["Code"] for each in error.fields["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    check["Parameters"] = [av(10)]
    for _ in range(2):
        db.execute_transaction(transact_statements=[insert, check], client_request_token="once")
    refused("IdempotentParameterMismatchException", "", db.execute_transaction, transact_statements=[insert],
            client_request_token="once")  # fmt: skip
    refused("TransactionCanceledException", "[DuplicateItem]", db.execute_transaction, transact_statements=[insert])
    found = db.execute_transaction(
        transact_statements=[{"Statement": f"SELECT sk FROM tab WHERE pk = '{pk}' AND sk = 1"} for pk in "ez"],
        return_consumed_capacity="TOTAL",
    )
    assert found["Responses"] == [{"Item": item(sk=1)}, {}]
    assert found["ConsumedCapacity"][0]["CapacityUnits"] == 4.0


def test_statements_are_judged_by_what_they_do(desk: Any, db: Any) -> None:
    arn = "arn:aws:dynamodb:us-east-1:111122223333:table/tab"

    def asked(function: Any, operation: str, **parameters: Any) -> Any:
        return desk.store.transact(lambda tx: function(desk.call(tx, root(desk.account)), operation, parameters))

    one = {"statement": "SELECT n FROM tab.gsi WHERE g = ?", "parameters": [av("x")]}
    assert asked(permissions.actions, "execute_statement", **one) == ["dynamodb:PartiQLSelect"]
    assert asked(permissions.resources, "execute_statement", **one) == [f"{arn}/index/gsi"]
    assert asked(permissions.conditions, "execute_statement", **one) == {
        "dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:FullTableScan": "false", "dynamodb:LeadingKeys": ["x"],
        "dynamodb:Attributes": ["g", "n"],
    }  # fmt: skip
    found = asked(permissions.conditions, "execute_statement", statement="SELECT * FROM tab")
    assert found["dynamodb:FullTableScan"] == "true" and "dynamodb:LeadingKeys" not in found
    several = [
        {"Statement": f"{text} WHERE pk = 'a' AND sk = 1"} for text in ("DELETE FROM tab", "UPDATE tab SET n = 1")
    ]
    assert asked(permissions.actions, "execute_transaction", transact_statements=several) == ["dynamodb:PartiQLDelete"]
    ((action, resource, more),) = asked(permissions.also, "execute_transaction", transact_statements=several)
    assert (action, resource) == ("dynamodb:PartiQLUpdate", arn)
    assert more == {
        "dynamodb:EnclosingOperation": "ExecuteTransaction", "dynamodb:LeadingKeys": ["a"],
        "dynamodb:Attributes": ["n", "pk", "sk"],
    }  # fmt: skip


def test_each_statement_of_a_batch_is_judged_by_itself(desk: Any, db: Any) -> None:
    iam = desk.ask("iam")
    made = iam.create_user(user_name="ann")["User"]
    statement = {"Effect": "Allow", "Action": "dynamodb:PartiQLSelect", "Resource": "*"}
    statement["Condition"] = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(user_name="ann", policy_name="p", policy_document=policy)
    ann = desk.ask(
        "dynamodb", Principal(kind="user", account=desk.account, arn=made["Arn"], id=made["UserId"], name="ann")
    )
    texts = ["SELECT sk FROM tab WHERE pk = 'a' AND sk = 1", "SELECT sk FROM tab WHERE pk = 'b' AND sk = 1", "SELECT"]
    found = ann.batch_execute_statement(statements=[{"Statement": text} for text in texts])["Responses"]
    assert found[0]["Item"] == item(sk=1)
    assert [each["Error"]["Code"] for each in found[1:]] == ["AccessDenied", "ValidationError"]
    delete = [{"Statement": "DELETE FROM tab WHERE pk = 'a' AND sk = 1"}]
    (denied,) = ann.batch_execute_statement(statements=delete)["Responses"]
    assert "is not authorized to perform: dynamodb:PartiQLDelete on resource" in denied["Error"]["Message"]
    assert numbers(run(db, "SELECT * FROM tab WHERE pk = 'a' AND sk = 1")), "it is still there"


@pytest.mark.parametrize(
    "text",
    ["", "SELECT", "SELECT * FROM", "SELECT * FROM tab WHERE", "SELECT * FROM tab WHERE a", "DROP TABLE tab", "SELECT * FROM tab;",
     "INSERT INTO tab VALUE", "UPDATE tab WHERE pk = 'a'", "SELECT * FROM tab WHERE pk = 'a", "SELECT * FROM tab WHERE a = {1: 2}",
     "SELECT * FROM tab WHERE pk = ?", "SELECT * FROM tab WHERE a = <<1, 'x'>>", "SELECT * FROM tab WHERE a = <<>>",
     "UPDATE tab SET s = set_add(t, <<1>>) WHERE pk = 'a'", "SELECT * FROM tab WHERE " + "(" * 4000 + "a = 1",
     "SELECT * FROM tab WHERE a = " + "[" * 8000, "SELECT * FROM tab WHERE a = " + "{'a':" * 1600 + "1", "\0\uffff",
     "SELECT * FROM tab WHERE size(" + "size(" * 1500, "SELECT * FROM tab WHERE " + "NOT " * 2000 + "a = 1"],
)  # fmt: skip
def test_what_is_no_statement_is_refused(db: Any, text: str) -> None:
    refused("ValidationException", "", run, db, text)


def test_any_text_is_a_statement_or_refused() -> None:
    chance = random.Random(7)
    words = [
        "SELECT",
        "*",
        "FROM",
        "tab",
        "WHERE",
        "pk",
        "=",
        "'a'",
        "AND",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<<",
        ">>",
        ",",
        ".",
        "?",
        "1",
        "1e5",
        "-1",
        "IN",
        "BETWEEN",
        "IS",
        "NOT",
        "MISSING",
        "size(",
        '"',
        "'",
        "SET",
    ]
    for _ in range(3000):
        text = " ".join(chance.choices(words, k=chance.randrange(1, 25)))
        try:
            partiql.parse(text)
        except ValidationException:
            continue


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("DELETE FROM tab WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED OLD *", "Invalid returning clause: RETURNING MODIFIED "
         "OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."),
        ("SLECT * FROM tab", "Statement wasn't well formed, can't be processed: Expected data manipulation"),
        ("SELECT * FROM tab.nope WHERE pk = 'a'", "The table does not have the specified index"),
        ("SELECT * FROM tab.gsi.more WHERE pk = 'a'", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM tab.\"\" WHERE pk = 'a'", "Path component cannot be an empty string"),
        ("SELECT * FROM \"\" WHERE pk = 'a'", "Path component cannot be an empty string"),
        ("SELECT pk FROM tab WHERE pk = 'a' AND n < true", "Incorrect operand type for operator or function; operator or "
         "function: <, operand type: BOOL"),
    ],
)  # fmt: skip
def test_statements_that_are_refused_in_aws_words(db: Any, text: str, sentence: str) -> None:
    assert refused("ValidationException", sentence, run, db, text).message == sentence


def test_what_indexes_and_transactions_do_not_take(db: Any, table: Make) -> None:
    words = "Strongly consistent read is not supported on Global Secondary Indexes"
    refused("ValidationException", words, run, db, "SELECT * FROM tab.gsi WHERE g = 'x'", consistent_read=True)
    words = "Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions."
    statement = {"Statement": "SELECT * FROM tab.gsi WHERE g = 'x'"}
    refused("ValidationException", words, db.execute_transaction, transact_statements=[statement])
    words = "Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction."
    statement = {"Statement": "UPDATE tab SET n = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"}
    refused("ValidationException", words, db.execute_transaction, transact_statements=[statement])
    few = {"types": {"g": "S"}, "global_secondary_indexes": [index("few", "g", projection="KEYS_ONLY")]}
    table("other", **few)
    words = "Secondary index few does not project one or more filter attributes: [n]"
    refused("ValidationException", words, run, db, "SELECT pk FROM other.few WHERE g = 'x' AND n = 1")
    assert run(db, "SELECT pk FROM other.few WHERE n = 1") == {"Items": []}
