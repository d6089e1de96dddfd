// The places of waiting tasks in their type's queue, which only the read of one task has: of those that
// are shown a few are read each second, the ones whose place is oldest first.
import { answered } from "./live.js";

const AT_ONCE = 4;
const places = new Map(); // task id -> what was read of it, and when
const reading = new Set();

// What was read of a task as it waits now; nothing of another state.
export function placeOf({ task_id, status, revision, created_at }) {
  const place = status === "created" ? places.get(task_id) : null;
  return place?.revision === revision && place.created_at === created_at ? place : null;
}

// To be called each second; `read` is called with the id of each task whose place was read.
export function readPlaces(shown, read) {
  for (const id of places.keys()) if (shown.get(id)?.status !== "created") places.delete(id);
  if (reading.size) return;
  const waiting = [...shown.values()].filter(
    ({ status, planned }) => status === "created" && !planned,
  );
  const readAt = (task) => placeOf(task)?.readAt ?? 0;
  for (const { task_id } of waiting.sort((a, b) => readAt(a) - readAt(b)).slice(0, AT_ONCE))
    readPlace(task_id, read);
}

async function readPlace(id, read) {
  reading.add(id);
  const got = await answered(`internal/task/${encodeURIComponent(id)}/status`);
  reading.delete(id);
  if (!got?.ok) return;
  const { revision, created_at, ahead, start_estimate } = got.body;
  places.set(id, { revision, created_at, ahead, start: start_estimate, readAt: Date.now() });
  read(id);
}
