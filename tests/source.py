"""The project's own Python files, as the whole-house tests read them."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("trainer", "webapp", "worker", "fixtures", "clients", "deploy", "benchmarks", "tests")


@cache
def python_files() -> list[Path]:
    """Every .py file of the rooms, migrations left out."""
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def name(path: Path) -> str:
    """The path as people write it."""
    return str(path.relative_to(ROOT))


def is_test(path: Path) -> bool:
    """Tests and the cast, which may look anywhere."""
    return "tests" in path.parts or name(path) == "webapp/core/test.py"


def imports(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports, wherever in the file it does so."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*path.relative_to(ROOT).parent.parts[: len(path.relative_to(ROOT).parts) - node.level], *([base] if base else [])])
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found
