"""House rules that a machine can check. Each failure names the file and what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import modules, scripts, short, texts, tree

LINES_MAX = 250
LINES_NEVER = 400
FUNCTION_LINES_MAX = 50
#: Longer than LINES_MAX, with the reason. None is longer than LINES_NEVER.
LONG_FOR_A_REASON: dict[str, str] = {}

#: Words that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "stuff"}
#: Paths of one person's machine, and addresses of package registries (a lock file has hashes).
FOREIGN = re.compile(
    r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/\w"
    r"|files\.pythonhosted\.org|repo1?\.maven\.(?:org|apache\.org)/"
)
#: Files that write such a path on purpose.
FOREIGN_ALLOWED = {"tests/architecture/test_tidy.py"}


def test_modules_stay_small() -> None:
    too_long = {
        short(path): count
        for path in modules()
        if (count := _lines(path)) > LINES_MAX
        and (short(path) not in LONG_FOR_A_REASON or count > LINES_NEVER)
    }
    assert too_long == {}, "split by feature, or give a reason in LONG_FOR_A_REASON"


def test_scripts_and_tests_stay_readable() -> None:
    """Scenarios are told in one piece, so only the outer limit holds for them."""
    assert {short(p): _lines(p) for p in scripts() if _lines(p) > LINES_NEVER} == {}


def test_reasons_are_still_needed() -> None:
    needed = {short(path) for path in modules() if _lines(path) > LINES_MAX}
    assert set(LONG_FOR_A_REASON) - needed == set()


def test_functions_stay_small() -> None:
    too_long = [
        f"{short(path)}:{node.lineno} {node.name} has {length} lines"
        for path in modules() + scripts()
        for node in _functions(path)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES_MAX
    ]
    assert too_long == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        short(path)
        for path in modules()
        if path.read_text().strip()
        and not ast.get_docstring(tree(path))
        and "migrations/versions" not in path.as_posix()
    ]
    assert silent == []


def test_names_say_something() -> None:
    empty = [short(path) for path in modules() if EMPTY_NAMES & set(path.stem.split("_"))]
    assert empty == []


def test_no_path_of_one_machine() -> None:
    found = [
        f"{short(path)}:{number}"
        for path in texts()
        if short(path) not in FOREIGN_ALLOWED
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert found == []


def test_no_exception_is_swallowed() -> None:
    """`except Exception: pass` and its kin: an error is handled, told, or let through."""
    swallowed = [
        f"{short(path)}:{node.lineno}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and _catches_all(node) and _does_nothing(node.body)
    ]
    assert swallowed == []


def test_only_the_clock_reads_the_clock() -> None:
    """Rules and agents get `now`; a wall clock read elsewhere would break simulated time."""
    readers = [
        f"{short(path)}:{node.lineno}"
        for path in modules()
        if short(path) != "runtime/clock.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and (_dotted(node) in {"datetime.now", "datetime.utcnow", "date.today", "time.time"})
    ]
    assert readers == []


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or _dotted(handler.type) in {"Exception", "BaseException"}


def _does_nothing(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(line, ast.Pass | ast.Continue)
        or (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))
        for line in body
    )


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
