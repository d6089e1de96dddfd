"""Arguments of the Lua scripts that cut the caller's own values out of a long document."""

from __future__ import annotations

from typing import Final

from ...record import task_json

#: Bytes up to which a row's document is returned whole.
_WHOLE: Final = 4096
AS_IT_IS: Final = ("",) * 5
LIGHT: Final = (_WHOLE, task_json.MOST_GIVEN, task_json.GIVEN, task_json.OURS, task_json.OMITTED)
