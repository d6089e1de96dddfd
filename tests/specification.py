"""What is run as the specification has it: the listings of its chapter 3."""

import re
from pathlib import Path

_CHAPTER = Path(__file__).with_suffix(".md").read_text("utf-8")
SERVICE, _UTILITIES = re.findall(r"^```python\n(.*?)^```$", _CHAPTER, re.DOTALL | re.MULTILINE)
NOTIFIER, EXAMPLE = _UTILITIES.split("# 使用例\n")
