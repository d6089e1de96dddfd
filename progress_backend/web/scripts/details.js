// Details that only the read of a workflow returns: its failures, and what it waits for if it has had no news for long.
// Each second a few of the shown workflows are read.
import { answered } from "./live.js";

const MOST_READS = 4;
const QUIET_MS = 300_000;
const known = new Map(); // path -> the details, and the state that they belong to
let reading = false;

// The number of live workers; null while unknown.
export const alive = { workers: null };

export async function readWorkers(stop) {
  const got = await answered("internal/workers", {}, stop);
  if (got?.ok) alive.workers = got.body.workers.filter(({ live }) => live).length;
  return got;
}

// Identifies a workflow's state, to see whether its details are outdated; null if it has no details.
const stateOf = ({ counts, created_at, end_time, revision }) =>
  counts && (counts.error ? `${created_at} ${end_time}` : `${created_at} ${revision}`);

// The details of the record's present state, or null. A retry may have reduced a workflow's failures since the read.
export function detailsOf(item) {
  const found = known.get(item.path);
  const fits =
    found && found.of === stateOf(item) && (found.failed ?? 0) <= (item.counts?.error ?? 0);
  return fits ? found : null;
}

// Call it each second with the shown records; read(item) is called after each read.
export async function readDetails(items, read) {
  const paths = new Set(items.map(({ path }) => path));
  for (const path of known.keys()) if (!paths.has(path)) known.delete(path);
  const isQuiet = (item) => item.status === "running" && item.age() > QUIET_MS;
  const due = items.filter(
    (item) => item.counts && !detailsOf(item) && (item.counts.error || isQuiet(item)),
  );
  if (reading) return;
  reading = true;
  for (const item of due.slice(0, MOST_READS)) await readOne(item, read);
  reading = false;
}

async function readOne(item, read) {
  const got = await answered(`${item.path}/status`);
  if (!got?.ok) return;
  const { failures, counts, message_code: code } = got.body;
  known.set(item.path, { of: stateOf(got.body), failures, code, failed: counts.error });
  read(item);
}
