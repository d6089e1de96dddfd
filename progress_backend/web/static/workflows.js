// The workflows among the tasks: as the list has them, and what their rows read for themselves, one
// read after the other, whatever their number.
import { makeReader } from "./reading.js";

// Reads of tasks and causes in one turn.
const MORE = 2;

// `rows` gives the workflows' rows; `done` draws.
export function makeWorkflows({ rows, done }) {
  const reader = makeReader(work, done);
  const workflows = { shown: new Map(), reader, take, replace, receive, open, dueSoon };
  let turns = 0;
  let clockMs = 0; // the service's clock is ahead

  async function work(stop, wanted) {
    let got = { ok: true };
    for (const read of [...rows().flatMap((row) => row.asks()), ...due().slice(0, MORE)]) {
      got = await read(stop, wanted);
      if (!wanted() || !(got?.ok || got?.status === 404)) return got;
    }
    return { ok: true };
  }

  // What the rows have to read, each time beginning with another one; what was just asked for is no
  // more to be read.
  function due() {
    const all = rows();
    const from = turns++ % Math.max(all.length, 1);
    return [...all.slice(from), ...all.slice(0, from)].flatMap((row) => row.due());
  }

  // To be called once the rows show what was read last.
  function dueSoon() {
    if (rows().some((row) => row.due().length)) reader.soon();
  }

  // `kept`: ids of those that stay, read again or not.
  function take(read, at, kept = []) {
    const known = workflows.shown;
    if (at) clockMs = at - Date.now();
    workflows.shown = new Map(read.map((workflow) => [workflow.workflow_id, dated(workflow)]));
    for (const id of kept)
      if (known.has(id) && !workflows.shown.has(id)) workflows.shown.set(id, known.get(id));
  }

  const dated = (workflow) => ({ ...workflow, now: () => Date.now() + clockMs });

  // What an act was answered with.
  function replace(workflow) {
    if (workflows.shown.has(workflow.workflow_id))
      workflows.shown.set(workflow.workflow_id, dated(workflow));
  }

  // A message about any task may be about one of theirs.
  function receive(message) {
    for (const row of rows()) row.receive(message);
  }

  function open() {
    return [...workflows.shown.values()].some((workflow) => workflow.end_time === null);
  }

  return workflows;
}
