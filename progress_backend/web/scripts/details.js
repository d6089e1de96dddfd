// Details that only the read of a single record returns: a waiting task's place in its queue, a workflow's failures,
// and what it waits for if it has had no news for long. Each second a few of the shown records are read, the least recently read ones first.
import { answered } from "./live.js";

const MOST_READS = 4;
const QUIET_MS = 300_000;
const known = new Map(); // path -> the details, the state that they belong to, and when they were read
const reading = new Set();

// The number of live workers; null while unknown.
export const alive = { workers: null };

export async function readWorkers(stop) {
  const got = await answered("internal/workers", {}, stop);
  if (got?.ok) alive.workers = got.body.workers.filter(({ live }) => live).length;
  return got;
}

// Identifies a record's state, to see whether its details are outdated; null if it has no details.
function stateOf({ status, planned, revision, created_at, end_time, counts }) {
  if (counts) return counts.error ? `${created_at} ${end_time}` : `${created_at} ${revision}`;
  return status === "created" && !planned ? `${created_at} ${revision}` : null;
}

// The details of the record's present state, or null. A retry may have reduced a workflow's failures since the read.
export function detailsOf(item) {
  const found = known.get(item.path);
  const fits =
    found && found.of === stateOf(item) && (found.failed ?? 0) <= (item.counts?.error ?? 0);
  return fits ? found : null;
}

// Call it each second with the shown records; read(item) is called after each read. A waiting task is read again and
// again: its place changes while its record does not.
export function readDetails(items, read) {
  const paths = new Set(items.map(({ path }) => path));
  for (const path of known.keys()) if (!paths.has(path)) known.delete(path);
  if (reading.size) return;
  const readAt = (item) => detailsOf(item)?.readAt ?? 0;
  const isQuiet = (item) => item.status === "running" && item.age() > QUIET_MS;
  const due = items.filter((item) =>
    item.counts ? !detailsOf(item) && (item.counts.error || isQuiet(item)) : stateOf(item),
  );
  for (const item of due.sort((a, b) => readAt(a) - readAt(b)).slice(0, MOST_READS))
    readOne(item, read);
}

async function readOne(item, read) {
  reading.add(item.path);
  const got = await answered(`${item.path}/status`);
  reading.delete(item.path);
  if (!got?.ok) return;
  const { ahead, start_estimate: start, failures, counts, message_code: code } = got.body;
  known.set(item.path, {
    of: stateOf(got.body),
    ahead,
    start,
    failures,
    code,
    failed: counts?.error,
    readAt: Date.now(),
  });
  read(item);
}
