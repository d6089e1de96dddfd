// What only the read of one record has: the place of a waiting task in its type's queue, and what a workflow's
// tasks failed of. Of the rows that are shown a few are read each second, the ones read longest ago first.
import { answered } from "./live.js";

const AT_ONCE = 4;
const known = new Map(); // path -> what was read, of which state of its record, and when
const reading = new Set();

// How many workers are alive; null while that is not known.
export const alive = { workers: null };

export async function readWorkers(stop) {
  const got = await answered("internal/workers", {}, stop);
  if (got?.ok) alive.workers = got.body.workers.filter(({ live }) => live).length;
  return got;
}

// A waiting task moves on in its queue; a workflow is read again at its end, and where failures were taken back.
function stateOf({ status, planned, revision, created_at, end_time, counts }) {
  if (counts) return counts.error ? `${created_at} ${end_time}` : null;
  return status === "created" && !planned ? `${created_at} ${revision}` : null;
}

// What was read of a record as it is now; null of another state.
export function detailsOf(item) {
  const found = known.get(item.path);
  const fits =
    found && found.of === stateOf(item) && (found.failed ?? 0) <= (item.counts?.error ?? 0);
  return fits ? found : null;
}

// To be called each second with the records that are shown; `read` is called with each that was read.
export function readDetails(items, read) {
  const paths = new Set(items.map(({ path }) => path));
  for (const path of known.keys()) if (!paths.has(path)) known.delete(path);
  if (reading.size) return;
  const readAt = (item) => detailsOf(item)?.readAt ?? 0;
  const due = items.filter((item) => stateOf(item) && !(item.counts && detailsOf(item)));
  for (const item of due.sort((a, b) => readAt(a) - readAt(b)).slice(0, AT_ONCE))
    readOne(item, read);
}

async function readOne(item, read) {
  reading.add(item.path);
  const got = await answered(`${item.path}/status`);
  reading.delete(item.path);
  if (!got?.ok) return;
  const { ahead, start_estimate: start, failures, counts } = got.body;
  known.set(item.path, {
    of: stateOf(got.body),
    ahead,
    start,
    failures,
    failed: counts?.error,
    readAt: Date.now(),
  });
  read(item);
}
