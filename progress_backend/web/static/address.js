// What is chosen, as the page's address has it: a reload or a bookmark shows the same, and Back and
// Forward lead through what was chosen.
import { settled } from "./filters.js";
import { STATUSES } from "./words.js";

// As the API's list takes them.
export const FILTERS = ["status", "owner", "task_type", "symbol", "warning", "id_prefix"];
const VIEWS = ["workflows", "workers"];
const SORTS = ["newest", "running", "ended"];
export const RECORDS = ["task", "workflow"];
const OF_SOCKET = ["status", "owner", "task_type", "symbol"];

export function fromAddress() {
  const query = new URLSearchParams(location.search);
  const page = Number(query.get("page"));
  const chosen = { page: Number.isSafeInteger(page) && page > 0 ? page : 1 };
  for (const name of FILTERS) chosen[name] = query.get(name) || null;
  if (!STATUSES.includes(chosen.status)) chosen.status = null;
  const sort = query.get("sort");
  chosen.sort = SORTS.includes(sort) ? sort : null;
  for (const kind of RECORDS) chosen[kind] = query.get(kind) || null; // what is open in the panel
  chosen.view = VIEWS.includes(query.get("view")) ? query.get("view") : null; // in place of all tasks
  chosen.text = query.get("q") ?? ""; // what is looked for within the page
  return settled(chosen);
}

// Those that the list is asked for: only what is chosen.
export function filtersOf(chosen) {
  return new URLSearchParams(
    FILTERS.filter((name) => chosen[name]).map((name) => [name, chosen[name]]),
  );
}

// Those that the socket is asked for: it has messages of more than the list shows.
export function ofSocket(chosen) {
  return new URLSearchParams(
    OF_SOCKET.filter((name) => chosen[name]).map((name) => [name, chosen[name]]),
  );
}

// `anew`: Back shall lead to what was there before.
export function toAddress(chosen, language, anew) {
  const query = filtersOf(chosen);
  if (chosen.sort) query.set("sort", chosen.sort);
  query.set("lang", language);
  if (chosen.page > 1) query.set("page", chosen.page);
  if (chosen.view) query.set("view", chosen.view);
  for (const kind of RECORDS) if (chosen[kind]) query.set(kind, chosen[kind]);
  if (chosen.text) query.set("q", chosen.text);
  const address = `?${query}`;
  if (anew && address !== location.search) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
