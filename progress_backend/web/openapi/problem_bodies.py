"""Bodies of answers about requests that are not carried out."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ...record.fields import Status


class Problem(BaseModel):
    """An error, in one text."""

    detail: str = Field(description="The message.")


class Conflict(BaseModel):
    """A request that the task's status does not allow."""

    detail: str = Field(description="The message.")
    status: Status = Field(description="The task's status now, which is the reason.")


class Undone(BaseModel):
    """A request that could not be carried out now."""

    detail: str = Field(description="The message.")
    status: Status | None = Field(
        default=None, description="The task's status now, if the record was cancelled all the same."
    )


class Place(BaseModel):
    """A value of the request that is invalid."""

    type: str = Field(description="Kind of mistake, in one word.")
    loc: list[str | int] = Field(description="Where the value stands in the request.")
    msg: str = Field(description="The message.")


class Invalid(BaseModel):
    """A request that is invalid."""

    detail: str | list[Place] = Field(description="One text, or one entry a value.")
