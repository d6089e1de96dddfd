// The choices (filters, order, page, open record) in the page's URL, so that a reload or a bookmark restores them, and
// Back and Forward work.
import { settled } from "./filters.js";
import { BASE } from "./live.js";
import { STATUSES } from "./words.js";

// Query parameters of the API's list of tasks.
export const FILTERS = [
  "status",
  "owner",
  "task_type",
  "symbol",
  "warning",
  "id_prefix",
  "symbol_prefix",
  "ended_from",
];
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
  for (const kind of RECORDS) chosen[kind] = query.get(kind) || null; // the id that is open in the panel
  chosen.view = VIEWS.includes(query.get("view")) ? query.get("view") : null; // null: the list of all tasks
  chosen.text = query.get("q") ?? ""; // the search text, which hides rows of this page
  chosen.name = query.get("name")?.slice(0, 60) || null; // the reader's own, of these filters
  return settled(chosen);
}

// The chosen filters, as the query of the list.
export function filtersOf(chosen, names = FILTERS) {
  return new URLSearchParams(
    names.filter((name) => chosen[name]).map((name) => [name, chosen[name]]),
  );
}

// The chosen filters that the WebSocket supports: it may receive messages about tasks that the list does not show.
export const ofSocket = (chosen) => filtersOf(chosen, OF_SOCKET);

// `push` adds an entry to the history, so that Back returns to the choices before.
export function toAddress(chosen, language, push) {
  const query = filtersOf(chosen);
  if (chosen.name && query.size) query.set("name", chosen.name);
  if (chosen.sort) query.set("sort", chosen.sort);
  query.set("lang", language);
  if (chosen.page > 1) query.set("page", chosen.page);
  if (chosen.view) query.set("view", chosen.view);
  for (const kind of RECORDS) if (chosen[kind]) query.set(kind, chosen[kind]);
  if (chosen.text) query.set("q", chosen.text);
  const address = `?${query}`;
  if (push && address !== location.search) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

// [kind, id] of the record that a link opens; null for any other link.
export function recordOf(link) {
  const path = link?.origin === location.origin ? link.pathname : "";
  const [, kind, id] = path.slice(BASE.pathname.length).match(/^(task|workflow)\/(.+)$/) ?? [];
  return path.startsWith(BASE.pathname) && kind ? [kind, decodeURIComponent(id)] : null;
}
