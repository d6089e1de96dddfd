"""Store commands that flows yield: frozen values, one for each operation of a store. The entry of a
command is in the module of the same name in `store.command_table`.

Each docstring begins with the type of the reply. Times are milliseconds since 1970 unless a name
has another unit. A document is the record's JSON text; facets are the status, type, symbol and
lease by which the task is in indexes.
"""

from __future__ import annotations

from ...operations.index_entry import Facets as Facets
from ...operations.index_entry import Garbled as Garbled
from ...operations.index_entry import Standing as Standing

# The same name twice marks it as exported, for type checkers.
from ...record.act import Act as Act
from ...record.list_request import Span as Span
from ...record.model import Warnings as Warnings
from ...record.past_runs import PastRun as PastRun
from ...record.times_taken import Took as Took
from ...record.times_taken import Totals as Totals
from ...record.waiting import Waiting as Waiting
from ...record.workflow import Figures as Figures
from .acts import Acts as Acts
from .acts import CarriedOut as CarriedOut
from .acts import Direct as Direct
from .acts import DropAct as DropAct
from .cleanup import Due as Due
from .cleanup import Entry as Entry
from .cleanup import Lock as Lock
from .cleanup import Sweep as Sweep
from .cleanup import Unlock as Unlock
from .lists import Above as Above
from .lists import Before as Before
from .lists import Filters as Filters
from .lists import Newest as Newest
from .lists import Page as Page
from .lists import Paged as Paged
from .lists import Tallied as Tallied
from .lists import Tally as Tally
from .records import Commit as Commit
from .records import Commits as Commits
from .records import Committed as Committed
from .records import Extend as Extend
from .records import FacetsOf as FacetsOf
from .records import Read as Read
from .records import RunsOf as RunsOf
from .top import Top as Top
from .top import TopOfAll as TopOfAll
from .top import TopSince as TopSince
from .workflow_list import LISTED as LISTED
from .workflow_list import ForgetWorkflow as ForgetWorkflow
from .workflow_list import Listed as Listed
from .workflow_list import Workflows as Workflows
from .workflows import FiguresOf as FiguresOf
from .workflows import FiguresOfEach as FiguresOfEach
from .workflows import Looked as Looked
from .workflows import Oldest as Oldest
from .workflows import OwnedIn as OwnedIn
from .workflows import Publishing as Publishing
from .workflows import Quiet as Quiet

Command = (
    Acts | CarriedOut | Direct | DropAct
    | Due | Lock | Sweep | Unlock
    | Above | Before  | Newest | Page | Tally
    | Commit | Commits | Extend | FacetsOf | Read | RunsOf
    | Top | TopSince
    | ForgetWorkflow | Workflows
    | FiguresOf | FiguresOfEach | Looked | Oldest | OwnedIn | Publishing | Quiet
)  # fmt: skip
