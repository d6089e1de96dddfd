"""Bodies of answers about requests that are not carried out."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ...record.fields import Status


class Problem(BaseModel):
    """An error as one message."""

    detail: str = Field(description="The message.")


class Conflict(BaseModel):
    """A request that the task's status does not allow."""

    detail: str = Field(description="The message.")
    status: Status = Field(description="The task's current status, which is the reason.")


class Undone(BaseModel):
    """A request that could not be carried out now."""

    detail: str = Field(description="The message.")
    status: Status | None = Field(
        default=None,
        description="The task's current status, if the record was cancelled nevertheless.",
    )


class Place(BaseModel):
    """A value of the request that is invalid."""

    type: str = Field(description="The kind of error, as one word.")
    loc: list[str | int] = Field(description="The path of the value in the request.")
    msg: str = Field(description="The message.")


class Invalid(BaseModel):
    """A request that is invalid."""

    detail: str | list[Place] = Field(
        description="One message, or one entry for each invalid value."
    )
