"""The walls of the house, read from the imports themselves: who may know whom, and how big a file and a function may get."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

from tests.source import ROOT, functions, imports, is_test, name, python_files, tree

LEVELS = {"core": 0, "accounts": 1, "projects": 2, "images": 3, "keys": 3, "ingest": 4, "collect": 4, "training": 4, "similar": 4, "review": 4, "exports": 4, "instant": 4, "serving": 5, "takedown": 6, "answers": 6, "live": 6, "sharing": 6, "tuning": 6, "bundles": 6, "fleet": 6, "operate": 7, "api": 7, "watch": 7}
OUTSIDE = {"django", "celery", "redis", "requests", "socket", "sqlite3", "urllib", "http", "webapp", "worker", "fixtures"}
HEAVY = {"torch", "torchvision", "timm", "celery", "worker"}
FRAME = {"settings", "urls", "wsgi", "asgi", "environment"}  # files of webapp/ itself, which hold the rooms together


def files(room: str) -> list[Path]:
    return [path for path in python_files() if name(path).startswith(room) and not is_test(path)]


def roots(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imports(path)}


def reach(path: Path, seen: frozenset = frozenset()) -> set[str]:
    """What loading a file of the trainer loads, through other files of the trainer."""
    found = imports(path)
    inner = {ROOT / f"{module.replace('.', '/')}.py" for module in found if module.startswith("trainer.")}
    return found.union(*(reach(file, seen | inner) for file in inner - seen if file.exists()))


def test_the_trainer_knows_no_django_no_celery_no_network_and_no_database():
    assert not {name(path): found for path in files("trainer/") if (found := roots(path) & OUTSIDE)}


def test_the_web_application_knows_neither_torch_nor_celery_nor_the_worker():
    assert not {name(path): found for path in files("webapp/") if (found := roots(path) & HEAVY)}


def test_the_web_application_knows_only_those_parts_of_the_trainer_that_load_without_torch():
    known = {module for path in files("webapp/") for module in imports(path) if module.startswith("trainer.")}
    paths = {module: ROOT / f"{module.replace('.', '/')}.py" for module in known}
    assert not [module for module, path in paths.items() if path.exists() and {"torch", "timm"} & {found.split(".")[0] for found in reach(path)}]


def test_a_room_knows_only_rooms_below_it():
    too_high = {}
    for path in files("webapp/"):
        room = path.relative_to(ROOT).parts[1].removesuffix(".py")
        known = {module.split(".")[1] for module in imports(path) if module.startswith("webapp.")} - FRAME - {room}
        too_high[name(path)] = {other for other in known if room not in FRAME and LEVELS[other] >= LEVELS[room]}
    assert not {path: rooms for path, rooms in too_high.items() if rooms}


def test_a_task_is_at_most_20_lines_long():
    assert not [name(path) for path in files("worker/tasks/") if len(path.read_text().splitlines()) > 20]


def test_files_have_at_most_400_lines_and_functions_at_most_60():
    assert not [name(path) for path in python_files() if len(path.read_text().splitlines()) > 400]
    long = [(name(path), node.name) for path in python_files() for node in functions(path) if node.end_lineno - node.lineno >= 60]
    assert not long


def test_no_file_is_a_place_for_anything():
    assert not [name(path) for path in python_files() if path.stem in ("utils", "helpers", "misc", "common")]


def test_an_import_inside_a_function_says_why():
    assert not [(name(path), number) for path in python_files() for number in unexplained_imports(path)]


def unexplained_imports(path: Path) -> list[int]:
    """Lines with an import inside a function where neither it nor an import above it in that function has a comment on its line or before it."""
    lines, bare = path.read_text().splitlines(), []
    for function in functions(path):
        explained = False
        for number in sorted(node.lineno for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom))):
            explained = explained or "#" in lines[number - 1] or lines[number - 2].strip().startswith("#")
            bare += [] if explained else [number]
    return bare


def test_nothing_is_silenced_and_nothing_is_left_for_later():
    left = re.compile(r"#\s*(TODO|FIXME|XXX|noqa|type:\s*ignore)\b|pytest\.mark\.skip\(")
    assert not [(name(path), found[0]) for path in python_files() if path != Path(__file__) and (found := left.search(path.read_text()))]


def test_no_error_is_swallowed():
    assert not [(name(path), node.lineno) for path in python_files() for node in ast.walk(tree(path)) if swallows(node)]


def swallows(node: ast.AST) -> bool:
    """An `except` for everything whose body does nothing."""
    if not isinstance(node, ast.ExceptHandler) or not (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")):
        return False
    return all(isinstance(line, (ast.Pass, ast.Continue)) for line in node.body)


def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere():
    bad = re.compile(
        r"""\|\s*safe\b|<style|\sstyle=|\son[a-z]+\s*=\s*["']|<script(?![^>]*\ssrc=)(?![^>]*application/json)|<(?:script|link|img)[^>]*(?:src|href)=["']?(?:https?:)?//"""
    )
    pages = sorted((ROOT / "webapp").rglob("*.html"))
    assert pages and not [(name(path), found[0]) for path in pages if (found := bad.search(path.read_text()))]


def test_the_pages_load_without_torch_celery_and_the_worker():
    program = "import sys, django; django.setup(); import webapp.urls; print(*sys.modules)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True, env=environment)
    assert not {module.split(".")[0] for module in loaded.stdout.split()} & HEAVY
