"""What a call asks of Redis, for tests that look at what flows do."""

from typing import Any

from progress_backend.flows import task_list
from progress_backend.flows.flow import Flow
from progress_backend.flows.task_flows import Records
from progress_backend.operations.call import Call, Layout, Request
from progress_backend.operations.keys import Keys
from progress_backend.operations.lists import Filters, Page, TaskPage
from progress_backend.operations.scripts import SCRIPTS

_PLAIN = Layout((Keys(),))
_BY_SHA = {script.sha: name for name, script in SCRIPTS.items()}


def requests(call: Call[Any]) -> list[Request]:
    """Its requests, with plain keys."""
    return call.asked(_PLAIN).requests


def names(call: Any) -> list[str]:
    """Of each request Redis's command, or the script's name."""
    if not isinstance(call, Call):
        return [type(call).__name__]
    return [_BY_SHA[one[1]] if one[0] == "EVALSHA" else one[0] for one in requests(call)]


def asks(call: Any, what: str) -> bool:
    """Whether a request of a call is a command or script with a name that begins so."""
    return any(name.startswith(what) for name in names(call))


def given(request: Request, name: str) -> Any:
    """An argument of a script's request, by its name."""
    script = SCRIPTS[_BY_SHA[request[1]]]
    return request[3 + request[2] + script.args.index(name)]


def page_of(
    flows: Records, page: int, limit: int, *filters: str | None, light: bool = False, **more: str
) -> Flow[TaskPage]:
    """A page of the list as it is read at no time; `filters` as `Filters` has them."""
    wanted = Page((page - 1) * limit, limit, Filters(*filters, **more), light)
    return task_list.page(wanted, flows)
