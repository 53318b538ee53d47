"""Reads the source: layers, what services may touch, names, sizes, and that the generated pages are current.

Sizes are smoke alarms. Whatever exceeds one is named in a table with the reason; an entry that is no longer needed fails too.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import quantiles
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "skyjar"
SERVICES = SOURCE / "services"

# Which parts of skyjar each part may import, besides itself. Services do not count themselves: none imports another.
LAYERS: dict[str, set[str]] = {
    "kernel": set(),
    "policy": {"kernel"},
    "formation": {"kernel"},
    "runtime": {"kernel"},
    "planes": {"kernel"},
    "wire": {"kernel"},
    "services": {"kernel", "policy", "formation", "runtime", "planes"},
    "pipeline": {"kernel", "policy", "formation", "runtime", "planes", "wire", "services"},
    "edge": {"kernel", "wire"},
    "control": {"kernel", "wire", "app", "pipeline"},
    "app": {"kernel", "runtime", "wire", "pipeline", "edge", "control"},
    "cli": {"kernel", "policy", "runtime", "wire", "app", "edge"},
    "testing": {"kernel", "app", "edge"},
    "console": set(),
    "__init__": {"testing"},
}

# What every call needs of four services: sessions and policies of a principal, the code behind an invocation, and where
# what is counted of calls goes.
PIPELINE_USES = {"cloudwatch", "iam", "lambda_", "sts"}

OUTSIDE = {
    "asyncio": {"edge", "runtime", "pipeline", "control", "app", "testing", "cli"},
    "socket": {"edge", "runtime", "pipeline", "control", "app", "testing", "cli"},
    "subprocess": {"runtime", "cli"},
}

# Modules that services do without, and what they use instead.
BANNED_MODULES = {
    "time": "call.now",
    "uuid": "call.new_id()",
    "random": "call.chance",
    "secrets": "call.chance",
    "os": "nothing of the machine: the store, call.blobs, or an Outside",
    "socket": "an Outside, which the pipeline performs",
    "subprocess": "an Outside, which the pipeline performs",
    "asyncio": "call.later, Wait or an Outside",
    "threading": "a transaction",
    "tempfile": "call.blobs",
    "shutil": "call.blobs",
    "logging": "nothing: what happened is in the record of the call",
    "http": "an Outside, which the pipeline performs",
    "urllib.request": "an Outside, which the pipeline performs",
}
BANNED_CALLS = {"open", "print", "input", "exec", "eval"}
BANNED_METHODS = {"now": "datetime", "utcnow": "datetime", "today": "date"}

VOCABULARY = {"state", "limits", "errors", "events", "jobs", "permissions", "cfn", "panel", "endpoints"}
BAD_NAMES = {"util", "utils", "helper", "helpers", "common", "base", "manager", "handler", "provider", "misc"}
BAD_NAMES |= {name + "s" for name in ("manager", "handler", "provider")}

# Median and ninetieth percentile (docs/STYLE.md).
FILE_LINES = (120, 300)
FUNCTION_LINES = (12, 40)
LONGEST_FILE = 400
LONG_FILES = {
    "edge/http1.py": "one state machine; its states share what a connection holds",
    "edge/http2.py": "one state machine, as http1.py",
    "runtime/bootstrap/zygote.py": "runs alone in the parent of the sandboxes, so it cannot import its parts",
    "services/s3/errors.py": "one class for each of S3's errors",
}
LONGEST_FUNCTION = 70
LONG_FUNCTIONS = {
    "services/lambda_/functions.py:create_function": "its 24 parameters, each on its line",
    "services/s3/copies.py:copy_object": "its parameters, each on its line",
    "services/s3/object_lambda_replies.py:write_get_object_response": "its parameters, each on its line",
    "services/s3/objects.py:put_object": "its parameters, each on its line",
    "services/s3/uploads.py:create_multipart_upload": "its parameters, each on its line",
}


def sources(folder: Path = SOURCE) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def where(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def part(path: Path) -> str:
    """The part of skyjar that a file belongs to: `kernel`, `app`."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def folders() -> list[Path]:
    return sorted(path.parent for path in SERVICES.glob("*/__init__.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The full names of what a file imports, relative ones resolved."""
    package = ["skyjar", *path.relative_to(SOURCE).parts[:-1]]
    found: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            base = base + (node.module.split(".") if node.module else [])
            found += [".".join([*base, name.name]) for name in node.names]
    return tuple(found)


def own(path: Path) -> Iterator[list[str]]:
    """What a file imports of skyjar, without the first word."""
    return (name.split(".")[1:] for name in imports(path) if name.startswith("skyjar."))


def starts(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def test_imports_go_downwards_only() -> None:
    wrong = [
        f"{where(path)} imports {'.'.join(name)}"
        for path in sources()
        for name in own(path)
        if name[0] != "__version__" and name[0] != part(path) and name[0] not in LAYERS[part(path)]
    ]
    assert not wrong, wrong


def test_every_part_has_its_layer() -> None:
    parts = {part(path) for path in sources()}
    assert parts == set(LAYERS)


def test_no_service_imports_another() -> None:
    wrong = [
        f"{where(path)} imports {'.'.join(name)}"
        for path in sources(SERVICES)
        for name in own(path)
        if name[0] == "services" and name[1:2] != [path.relative_to(SERVICES).parts[0]]
    ]
    assert not wrong, wrong


def test_the_pipeline_knows_four_services() -> None:
    used = {name[1] for path in sources(SOURCE / "pipeline") for name in own(path) if name[0] == "services"}
    assert used <= PIPELINE_USES, used - PIPELINE_USES


@pytest.mark.parametrize("module", OUTSIDE)
def test_what_reaches_outside_stays_at_the_rim(module: str) -> None:
    wrong = [
        where(path)
        for path in sources()
        if part(path) not in OUTSIDE[module] and any(starts(name, module) for name in imports(path))
    ]
    assert not wrong, wrong


def test_services_touch_only_the_call_and_the_store() -> None:
    wrong = [
        f"{where(path)} imports {module}; instead: {instead}"
        for path in sources(SERVICES)
        for module, instead in BANNED_MODULES.items()
        if any(starts(name, module) for name in imports(path))
    ]
    wrong += [f"{where(path)}:{line} calls {name}" for path in sources(SERVICES) for line, name in _banned_calls(path)]
    assert not wrong, wrong


def _banned_calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in BANNED_CALLS:
            yield node.lineno, called.id
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name | ast.Attribute):
            of = called.value.id if isinstance(called.value, ast.Name) else called.value.attr
            if of.startswith(BANNED_METHODS.get(called.attr, "-")):
                yield node.lineno, f"{of}.{called.attr}"


def test_the_linter_bans_the_same_modules_with_the_replacement() -> None:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    banned = lint["flake8-tidy-imports"]["banned-api"]
    assert {name: banned.get(name, {}).get("msg") for name in BANNED_MODULES} == BANNED_MODULES
    assert lint["per-file-ignores"]["!skyjar/services/**/*.py"] == ["TID251"]


def test_no_service_catches_everything() -> None:
    everything = re.compile(r"(?<!\w)(Base)?Exception(?!\w)")
    wrong = [
        f"{where(path)}:{node.lineno}"
        for path in sources(SERVICES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or everything.search(ast.unparse(node.type)))
    ]
    assert not wrong, wrong


def test_names_say_what_a_file_is_about() -> None:
    wrong = [where(path) for path in sources() if BAD_NAMES & set(path.stem.split("_"))]
    assert not wrong, wrong


def test_no_service_name_inside_its_own_folder() -> None:
    wrong = [
        where(path)
        for folder in folders()
        for path in folder.glob("*.py")
        if folder.name.rstrip("_") in path.stem.split("_") and path.stem not in VOCABULARY
    ]
    assert not wrong, wrong


def test_every_service_folder_is_alike() -> None:
    wrong: list[str] = []
    for folder in folders():
        opening = (folder / "__init__.py").read_text()
        if "service = Service(" not in opening:
            wrong.append(f"{folder.name}/__init__.py has no service")
        if not (folder / "README.md").exists():
            wrong.append(f"{folder.name} has no README.md")
        for path in folder.iterdir():
            allowed = path.suffix == ".py" or path.name in ("README.md", "data", "__pycache__")
            if not allowed and not (path / "__init__.py").exists():
                wrong.append(f"{folder.name}/{path.name} is neither a noun, nor a rule, nor of the vocabulary")
    assert not wrong, wrong


def _decorators(path: Path) -> set[str]:
    return {
        ast.unparse(each.func if isinstance(each, ast.Call) else each)
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
        for each in node.decorator_list
    }


def test_marks_stand_where_they_are_looked_for() -> None:
    """`having("events.py")` and its like find services by their files, and operations belong to nouns."""
    wrong: list[str] = []
    for path in sources(SERVICES):
        marks = _decorators(path)
        if "on" in marks and path.name != "events.py":
            wrong.append(f"{where(path)}: @on belongs to events.py")
        if "endpoint" in marks and path.name != "endpoints.py":
            wrong.append(f"{where(path)}: @endpoint belongs to endpoints.py")
        if "operation" in marks and path.stem in VOCABULARY:
            wrong.append(f"{where(path)}: operations belong to files named after nouns")
        for node in tree(path).body:
            text = ast.unparse(node)
            if re.match(r"\w+(: .+)? = Table\(", text) and not path.stem.endswith("state"):
                wrong.append(f"{where(path)}:{node.lineno}: tables belong to state.py")
            if text.startswith("RESOURCE_TYPES") and path.name != "cfn.py":
                wrong.append(f"{where(path)}: RESOURCE_TYPES belongs to cfn.py")
    assert not wrong, wrong


def test_limits_are_data() -> None:
    wrong = [
        f"{where(path)}:{node.lineno}"
        for path in SERVICES.glob("*/limits.py")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert not wrong, wrong


def test_files_are_short() -> None:
    lengths = {where(path): path.read_text().count("\n") for path in sources()}
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}
    unexplained = {name: lines for name, lines in long.items() if name not in LONG_FILES}
    assert not unexplained, unexplained
    assert not set(LONG_FILES) - set(long), f"no longer long: {set(LONG_FILES) - set(long)}"


def functions() -> Iterator[tuple[str, int]]:
    for path in sources():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                yield f"{where(path)}:{node.name}", node.end_lineno - node.lineno + 1


def test_functions_are_short() -> None:
    long = {name: lines for name, lines in functions() if lines > LONGEST_FUNCTION}
    unexplained = {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS}
    assert not unexplained, unexplained
    assert not set(LONG_FUNCTIONS) - set(long), f"no longer long: {set(LONG_FUNCTIONS) - set(long)}"


def test_most_files_and_functions_are_small() -> None:
    files = [text.count("\n") for text in (path.read_text() for path in sources()) if text]
    for lengths, (middle, most) in ((files, FILE_LINES), ([lines for _, lines in functions()], FUNCTION_LINES)):
        tenths = quantiles(lengths, n=10)
        assert tenths[4] <= middle, f"median {tenths[4]}"
        assert tenths[8] <= most, f"ninetieth percentile {tenths[8]}"


def test_tests_mirror_the_source() -> None:
    parts = {path.parent.name for path in SOURCE.glob("*/__init__.py")} - {"services"}
    parts = {name for name in parts if any(path.stat().st_size > 200 for path in (SOURCE / name).glob("*.py"))}
    wanted = [ROOT / "tests" / name for name in sorted(parts)]
    wanted += [ROOT / "tests" / "services" / folder.name for folder in folders()]
    missing = [path.relative_to(ROOT).as_posix() for path in wanted if not any(path.glob("test_*.py"))]
    assert not missing, missing
    strangers = [path.name for path in (ROOT / "tests" / "services").iterdir() if path.is_dir()]
    gone = set(strangers) - {folder.name for folder in folders()} - {"__pycache__"}
    assert not gone, f"tests of services that do not exist: {gone}"


def written() -> Iterator[tuple[str, str]]:
    """Every text that we write by hand, but this one."""
    kinds = {".py", ".md", ".mjs", ".toml", ".yaml", ".sh", ".lock"}
    for top in ("skyjar", "tests", "docs", "tools", "bench", "fuzz", "examples", "."):
        for path in (ROOT / top).glob("*" if top == "." else "**/*"):
            if path.is_file() and path.suffix in kinds and path != Path(__file__) and "node_modules" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def test_nothing_is_left_for_later_in_a_comment() -> None:
    wrong = [
        f"{name}: {found.group()}"
        for name, text in written()
        if name != "INVARIANTS.md"
        for found in re.finditer(r"\b(TODO|FIXME|XXX)\b", text)
    ]
    assert not wrong, wrong


def test_no_mark_of_a_merge_is_left() -> None:
    wrong = [name for name, text in written() if re.search(r"^(<{7}|>{7}) ", text, re.M)]
    assert not wrong, wrong


def test_no_registry_is_named() -> None:
    registries = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|--(extra-)?index-url|registry\s*=\s*http")
    wrong = [f"{name}: {found.group()}" for name, text in written() for found in registries.finditer(text)]
    assert not wrong, wrong


def test_no_dependency_is_another_emulator() -> None:
    others = re.compile(r"^[\s\"]*(moto|localstack\S*|fakeredis|elasticmq|pytest-localstack|motoserver)\b", re.M)
    for name in ("pyproject.toml", "requirements.lock"):
        found = others.findall((ROOT / name).read_text())
        assert not found, (name, found)


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    explained = (ROOT / "docs" / "decisions" / "0006-dependencies.md").read_text()
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = [re.split(r"[\[>=<~ ]", line)[0] for line in lines]
    assert not [name for name in names if f"`{name}`" not in explained]


def test_links_between_documents_lead_somewhere() -> None:
    wrong: list[str] = []
    for name, text in written():
        if not name.endswith(".md"):
            continue
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
        here = (ROOT / name).parent
        wrong += [f"{name}: {target}" for target in targets if "://" not in target and not (here / target).exists()]
    assert not wrong, wrong


def test_documents_that_are_named_exist() -> None:
    wrong = [
        f"{name}: {target}"
        for name, text in written()
        for target in re.findall(r"docs/(?:decisions/)?[\w-]+\.md|tests/\w+/test_\w+\.py|(?:bench|fuzz)/\w+\.py", text)
        if not (ROOT / target).exists()
    ]
    assert not wrong, wrong


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_of_services_are_current(tmp_path: Path) -> None:
    """`make docs` brings them up to date."""
    from skyjar.cli import coverage

    coverage.write(coverage.measure(), tmp_path)
    fresh = {path.name: path.read_text() for path in tmp_path.iterdir()}
    held = {path.name: path.read_text() for path in (ROOT / "docs" / "services").iterdir()}
    stale = sorted(name for name in {*fresh, *held} if fresh.get(name) != held.get(name))
    assert not stale, f"make docs: {stale}"


def test_the_page_of_the_specification_is_current() -> None:
    """`make docs` brings it, and the table in the README, up to date."""
    specification = tool("specification")
    stale = [path.name for path, text in specification.pages().items() if path.read_text() != text]
    assert not stale, f"make docs: {stale}"


def test_marks_name_rows_that_exist() -> None:
    specification = tool("specification")
    known = set(specification.held())
    wrong = {row: tests for row, tests in specification.proofs().items() if row not in known}
    assert not wrong, wrong


# Parameters that an operation takes and never reads, each with who heeds it or why there is nothing to heed.
HEEDED_ELSEWHERE = {
    "expected_bucket_owner": "s3/permissions.py compares it with the bucket's owner",
    "content_md5": "the pipeline verifies it against the body",
    "checksum_algorithm": "the pipeline verifies the checksum that it names",
    "content_length": "the edge reads exactly that many bytes",
    "request_payer": "no bucket can ask its requesters to pay",
    "external_id": "sts/permissions.py makes it a condition key",
    "fail_on_warnings": "what would be a warning is an error here",
    "sequence_token": "AWS ignores it since 2023",
    "interleaved": "AWS ignores it: results are always interleaved",
    "force": "what it insists on is never refused",
    "confirm_remove_self_bucket_access": "what it confirms is never refused",
    "next_token": "the answer always fits one page",
    "marker": "the answer always fits one page",
    "max_items": "the answer always fits one page",
    "max_results": "nothing can be pushed, so the answer is empty",
    "filter": "nothing can be pushed, so the answer is empty",
    "grant_tokens": "kms/permissions.py checks them; grants hold from the moment they are made",
    "master_region": "there are no Lambda@Edge replicas to tell apart",
    "include_property_values": "not built: the changes are shown without their values",
}


def test_no_operation_ignores_a_parameter() -> None:
    ignored = []
    for path in sorted((ROOT / "skyjar" / "services").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef) or not any(
                isinstance(mark, ast.Name) and mark.id == "operation" for mark in node.decorator_list
            ):
                continue
            read = {name.id for part in node.body for name in ast.walk(part) if isinstance(name, ast.Name)}
            unread = {argument.arg for argument in node.args.kwonlyargs} - read - HEEDED_ELSEWHERE.keys()
            ignored += [f"{path.relative_to(ROOT)}: {node.name}({name})" for name in sorted(unread)]
    assert not ignored
