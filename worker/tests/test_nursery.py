"""Where training children come from, with real processes; small modules stand for torch."""

import subprocess
import sys

from tests.source import ROOT

BEGIN = """
import os, sys, time
from pathlib import Path
import django
django.setup()
from worker import nursery
def until(condition):
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)
def children():
    server = nursery.forkserver._forkserver._forkserver_pid
    return {int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()}
if __name__ == "__main__":
    nursery.PRELOAD[:] = ["json.tool"]
    sys.path.append(sys.argv[1])
    nursery.warm_up()
    job = {"work_dir": sys.argv[1]}
"""


def run(script: str, folder) -> None:
    """Run a script that ends well; its own end must not wait for children."""
    indented = "".join(f"    {line}\n" for line in script.strip().splitlines())
    command = [sys.executable, "-c", BEGIN + indented, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr


def test_at_rest_there_is_no_child_and_one_spare_when_a_training_is_near(tmp_path) -> None:
    run(
        """
until(lambda: nursery.forkserver._forkserver._forkserver_pid)
assert not nursery._spare
nursery.expect_training(); nursery.expect_training()
until(lambda: len(children()) == 1)
nursery.rest()
assert nursery._spare
nursery._spare[0].needed -= nursery.SPARE_SECONDS + 1
nursery.rest()
assert not nursery._spare and not children()
""",
        tmp_path,
    )


def test_there_is_none_where_the_site_wants_none(tmp_path) -> None:
    run("from django.conf import settings; settings.SPARE_CHILD = False; nursery.expect_training(); assert not nursery._spare", tmp_path)


def test_a_training_takes_the_spare_child_and_a_new_one_where_it_has_died(tmp_path) -> None:
    run(
        """
nursery.expect_training()
spare = nursery._spare[0]
assert nursery.spawn(job).process.pid == spare.process.pid and not nursery._spare
nursery._busy[0].kill()
nursery.expect_training()
spare = nursery._spare[0]
spare.process.kill()
spare.process.join()
assert nursery.spawn(job).process.pid != spare.process.pid and not nursery._spare
nursery._busy[0].kill()
""",
        tmp_path,
    )


def test_no_spare_is_loaded_while_a_training_needs_the_machine(tmp_path) -> None:
    run(
        """
nursery._busy[:] = [nursery.fork([])]
nursery.expect_training()
assert not nursery._spare
nursery._busy[0].kill()
nursery.expect_training()
assert nursery._spare
""",
        tmp_path,
    )


def test_each_training_has_a_gpu_of_its_own_until_it_ends(tmp_path) -> None:
    run(
        """
from worker.gpus import Gpu
from worker.held import Held
nursery.gpus.found = lambda: [Gpu("GPU-a", "H100"), Gpu("GPU-b", "H100")]
told, endless = [], Path(sys.argv[1], "endless")
os.mkfifo(endless)  # a list of pictures that nobody ever writes: whoever reads it is at work until it is killed
def begin(name, **config):
    Path(sys.argv[1], name).mkdir()
    held, config = Held(Path(sys.argv[1], "gpus")), {"preset": "accurate"} | config
    assert held.take(config)
    child = nursery.spawn({"work_dir": str(Path(sys.argv[1], name)), "manifest": str(endless), "config": config}, held, told.append)
    until(Path(sys.argv[1], name, "lock").exists)  # it has read its job and holds its GPU
    held.release()
    return child
first, second = begin("1"), begin("2")
first.kill()
begin("3"), begin("4", preset="quick")
assert told == ["GPU 0 (H100)", "GPU 1 (H100)", "GPU 0 (H100)", "cpu"]
def refuse(device): raise ValueError
try:
    nursery.spawn(job, tell=refuse)
except ValueError:
    assert len(nursery._busy) == 3 == len(children())
for child in [*nursery._busy]: child.kill()
assert not nursery._busy
""",
        tmp_path,
    )


def test_a_process_with_a_spare_child_ends_at_once(tmp_path) -> None:
    run("nursery.expect_training()", tmp_path)


def test_a_child_takes_a_job_while_its_modules_are_still_loading_or_cannot_be_loaded(tmp_path) -> None:
    run(
        """
Path(sys.argv[1], "slow.py").write_text("import os, time; os.close(os.open('was_here', os.O_CREAT)); time.sleep(60)")
os.chdir(sys.argv[1])
for modules in (["this_module_is_not_there"], ["slow"]):
    nursery.PRELOAD[:] = modules
    nursery.expect_training()
    until(lambda: modules != ["slow"] or Path("was_here").exists())
    began = time.monotonic()
    child = nursery.spawn(job | {"config": {"preset": "none such"}, "manifest": "nowhere"})
    assert "failed" in child.connection.recv() and time.monotonic() - began < 10
    child.kill()
""",
        tmp_path,
    )
