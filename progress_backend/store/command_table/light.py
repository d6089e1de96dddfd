"""What the scripts that read documents cut out of a long one: what callers gave."""

from __future__ import annotations

from typing import Final

from ...record import task_json

#: Bytes up to which a row's document is read as a whole.
_WHOLE: Final = 4096
AS_IT_IS: Final = ("",) * 5
LIGHT: Final = (_WHOLE, task_json.MOST_GIVEN, task_json.GIVEN, task_json.OURS, task_json.OMITTED)
