"""A flow: a generator that yields calls of a store, receives their replies and does no I/O."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from ..operations.call import Call

T = TypeVar("T")
Flow = Generator[Call[Any], object, T]
