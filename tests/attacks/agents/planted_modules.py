"""Plants modules that Python loads by itself, or instead of its own.

group: grading
claim: The grader starts isolated; nothing of the work directory is loaded before the test, and none replaces the runner.
"""
from kit import attempt, write

EVIL = "import os\nos._exit(0)\n"
for name in ("sitecustomize.py", "usercustomize.py", "conftest.py", "unittest.py", "unittest/__init__.py", "ast.py", "subprocess.py",
             "secrets.py", "os.py", "src/sitecustomize.py", "tests/__init__.py", "src/__init__.py", "pathlib.py", "encodings.py",
             "pytest.ini", "setup.cfg", "tox.ini", "pyproject.toml", ".pth", "x.pth", "python3._pth", "pyvenv.cfg"):
    attempt(name, lambda: write(name, EVIL) and None)
