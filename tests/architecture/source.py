"""The files that the house rules are checked on."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "agents",
    "api",
    "connectors",
    "domain",
    "dunnock",
    "runtime",
    "simulators",
    "streams",
    "tables",
)
_GENERATED = {".venv", ".peers", ".git", ".dunnock", "node_modules", "__pycache__", "target"}
_TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".html", ".css", ".sql", ".json", ".xml", ".sh"}


def modules() -> list[Path]:
    """Every Python module of the product."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def scripts() -> list[Path]:
    """Every Python file beside it: tests and benchmarks."""
    return [path for top in ("tests", "benchmarks") for path in sorted((ROOT / top).rglob("*.py"))]


def texts() -> list[Path]:
    """Every file that people wrote, vendored and generated ones aside."""
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not any(
            part in _GENERATED
            or (part.startswith(".") and part.endswith("_cache"))
            or part.endswith(".egg-info")
            for part in path.relative_to(ROOT).parts
        )
        and (path.suffix in _TEXT or path.name in ("Makefile", "Dockerfile", "run"))
    ]


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def short(path: Path) -> str:
    """The path as people say it."""
    return path.relative_to(ROOT).as_posix()
