"""Arguments of the Lua scripts that cut the caller's own values out of a long document."""

from __future__ import annotations

from typing import Final

from ...record.responses import FIRST_GIVEN, MOST_GIVEN, OMITTED, OURS

#: Bytes up to which a row's document is returned whole.
_WHOLE: Final = 4096
AS_IT_IS: Final = ("",) * 5
LIGHT: Final = (_WHOLE, MOST_GIVEN, FIRST_GIVEN, OURS, OMITTED)
