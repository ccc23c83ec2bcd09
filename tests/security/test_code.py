"""Rules of the code beside those of `tests/test_security.py` (S20): few write files, few speak to services of a cloud, and what is unsafe by default is not imported."""

import ast

from tests.source import imports, is_test, name, python_files, tree

SERVED = [path for path in python_files() if not is_test(path) and name(path).startswith("webapp/") and "/carry/" not in name(path)]
# Who writes files by a path besides the store: what a worker packs in a folder of its own, pieces that come in, numbers and logs of this machine, commands of operators.
WRITERS = ("webapp/core/", "webapp/ingest/parts.py", "webapp/exports/archive.py", "webapp/bundles/", "webapp/training/journal.py", "webapp/operate/")
UNSAFE = {"xml.dom.minidom", "xml.sax", "lxml", "tempfile.mktemp", "imp", "code", "ctypes", "cffi", "requests_file", "paramiko"}


def writes(node: ast.AST) -> bool:
    """Whether a call opens a file to write it, or writes one by its path."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).split(".")[-1]
    if called == "open":
        modes = [value.value for value in [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(value, ast.Constant) and isinstance(value.value, str)]
        return any(set(mode) <= set("rwxabt+") and set(mode) & set("wxa+") for mode in modes)
    return called in ("write_text", "write_bytes")


def test_no_view_writes_a_file_itself():
    views = [path for path in SERVED if "views" in path.name or path.name in ("forms.py", "pages.py") or "/resources/" in name(path) or "/adapters/" in name(path)]
    assert len(views) > 20
    assert not [name(path) for path in views for node in ast.walk(tree(path)) if writes(node)]


def test_only_a_few_write_files():
    assert not {name(path) for path in SERVED for node in ast.walk(tree(path)) if writes(node) and not name(path).startswith(WRITERS)}


def test_what_is_unsafe_by_default_is_not_imported():
    assert not {name(path): found for path in SERVED if (found := imports(path) & UNSAFE)}


def test_only_one_file_speaks_to_machines_elsewhere_and_one_to_buckets():
    speakers = {name(path) for path in SERVED if any(module.split(".")[0] in ("boto3", "botocore", "storages") for module in imports(path))}
    assert speakers == {"webapp/fleet/ec2.py", "webapp/core/bucket.py"}


def test_no_query_is_put_together_of_text():
    joined = [
        (name(path), node.lineno)
        for path in SERVED
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("raw", "extra", "RawSQL") and node.args and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp))
    ]
    assert not joined
