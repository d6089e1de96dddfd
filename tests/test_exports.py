"""What `from progress_backend import *` brings into a worker, and nothing else by accident."""

import subprocess
import sys


def test_a_worker_needs_no_web_framework() -> None:
    foreign = {"fastapi", "starlette", "uvicorn", "rich", "flower"}
    code = f"import sys; from progress_backend import *; print([*{foreign} & {{*sys.modules}}])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout == "[]\n", shown.stderr
