"""Makes a service's folder and its first test from a small template: `python tools/new_service.py NAME` (make new-service).

NAME is the name of botocore's model (`sns`, `cognito-idp`). The first operation is the model's simplest one to begin with:
a `list_…` or `describe_…` that requires no name. It answers truly for what cannot have been made yet: nothing. The
comments say what comes next; take them away as you do it.
"""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from keyword import iskeyword
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Refused(Exception):
    """Why the folder was not made."""


def files(name: str) -> dict[str, str]:
    """The new files by their path in the repository."""
    from skyjar.wire import index, models

    if name not in index.entries():
        near = get_close_matches(name, index.entries())
        raise Refused(f"botocore has no model named {name}." + (f" Perhaps {', '.join(near)}?" if near else ""))
    model = models.service(name)
    operation, member, numbers = _first(name)
    noun = re.sub(r"^(list|describe)_", "", models.snake(operation))
    words = {
        "name": name,
        "folder": name + "_" if iskeyword(name) else name.replace("-", "_"),
        "title": model.service_id,
        "prefix": model.signing_name,
        "service": _service_words(name, model.signing_name),
        "operation": operation,
        "function": models.snake(operation),
        "noun": _file_of(noun, name),
        "nouns": noun.replace("_", " "),
        "Record": "".join(word.title() for word in _singular(noun).split("_")),
        "table": noun,
        "member": member,
        "parameters": ", ".join(["call: Call", *["*"][: len(numbers)], *[f"{number}: int" for number in numbers]]),
        "arguments": ", ".join(f"{number}=1" for number in numbers),
    }
    source, tests = f"skyjar/services/{words['folder']}", f"tests/services/{words['folder']}"
    made = {f"{source}/{path}": text for path, text in TEMPLATES.items()}
    made[f"{tests}/test_{{noun}}.py"] = TEST
    return {_fill(path, words): _fill(text, words) for path, text in made.items()}


def _first(name: str) -> tuple[str, str, list[str]]:
    """An operation that lists something, the member of its answer that holds the list, and the numbers that it requires."""
    from skyjar.wire import models

    model = models.service(name)
    for verb in ("List", "Describe"):
        for operation in sorted(model.operations, key=len):
            given, answered = model.operation(operation).input_shape, model.operation(operation).output_shape
            needed = {member: given.members[member].type for member in given.required} if given is not None else {}
            if not operation.startswith(verb) or answered is None or set(needed.values()) - {"integer"}:
                continue
            lists = [member for member, shape in answered.members.items() if shape.type == "list"]
            if lists:
                return operation, lists[0], [models.snake(member) for member in needed]
    raise Refused(f"{name} has no operation that lists something and requires no name: begin by hand.")


def _service_words(name: str, prefix: str) -> str:
    return f'Service("{name}", iam="{prefix}")' if prefix != name else f'Service("{name}")'


def _file_of(noun: str, service: str) -> str:
    """The noun as a file's name: the vocabulary is taken, and a service's own name is not said again."""
    words = [word for word in noun.split("_") if word != service.replace("-", "_")]
    file = "_".join(words) or "things"
    return (
        file + "_list" if file in {"state", "limits", "errors", "events", "jobs", "permissions", "endpoints"} else file
    )


def _singular(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun


def _fill(text: str, words: dict[str, str]) -> str:
    for key, word in words.items():
        text = text.replace("{" + key + "}", word)
    return text


def make(name: str, root: Path = ROOT) -> list[Path]:
    """Write the files below `root` and return their paths. Nothing is overwritten."""
    texts = {root / path: text for path, text in files(name).items()}
    folders = {path.parent for path in texts}
    held = sorted(str(folder.relative_to(root)) for folder in folders if folder.exists())
    if held:
        raise Refused(f"{', '.join(held)} is there already.")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return sorted(texts)


TEMPLATES = {
    "README.md": """# {name}

{title}: the operation {operation}, to begin with.

- **Faithful**: what can be relied on.
- **Differs**: what is known to differ from AWS.
- **Absent** (refused): everything else.
""",
    "__init__.py": '''"""{title}."""

from skyjar.kernel.service import Service

service = {service}
''',
    "errors.py": '''"""{title}'s errors: the class's name is that of the model's shape, the code what clients see."""

from skyjar.kernel.errors import AWSError


class InvalidNextToken(AWSError):
    code = "InvalidNextToken"
    sentence = "The token is not one that this operation gave."
''',
    "state.py": '''"""What is stored, and the only reads and writes of it."""

from __future__ import annotations

from skyjar.kernel.tables import Record, Table


class {Record}(Record, frozen=True):
    """New fields go at the end and have a default."""

    name: str
    created_at: float


{table} = Table("{name}.{table}", {Record}, key=("name",))
''',
    "{noun}.py": '''"""What can be done with {nouns}."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call
from skyjar.kernel.service import operation

from . import state


@operation
def {function}({parameters}) -> dict[str, Any]:
    # The name is boto3's. Add the model's members as keyword-only parameters, typed, when they are implemented: a client
    # that sends another is refused with NotImplemented. Look up, check, change, return; the answer has AWS's names.
    # Next: the operation that makes one, then the errors of `errors.py` where AWS raises them.
    return {"{member}": [{"Name": each.name} for each in state.{table}.range(call)]}
''',
    "permissions.py": '''"""What {title}'s operations need."""

from __future__ import annotations

from typing import Any

from skyjar.kernel.call import Call


def resources(call: Call, operation: str, parameters: dict[str, Any]) -> list[str]:
    """The ARNs that are judged. `*` is right for operations that list; name the resource where there is one."""
    return ["*"]
''',
}

TEST = '''"""{nouns}, called in-process with a hand-set clock."""

from typing import Any


def test_a_new_account_has_no_{noun}(desk: Any) -> None:
    assert desk.ask("{name}").{function}({arguments}) == {"{member}": []}
'''


def main() -> int:
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z][a-z0-9-]*", sys.argv[1]):
        sys.stderr.write("make new-service NAME=sns\n")
        return 2
    try:
        made = make(sys.argv[1])
    except Refused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{path.relative_to(ROOT)}\n" for path in made))
    sys.stdout.write("Now: read docs/STYLE.md, write the next operation, then `make docs`.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
