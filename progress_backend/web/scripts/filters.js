// Which filters can be combined: the API has indexes only for these combinations.
import { ENDS, sortsOf } from "./sort_menu.js";

const others = ["task_type", "symbol", "id_prefix", "symbol_prefix"];
const excludedBy = {
  owner: [...others, "warning"],
  warning: others,
  id_prefix: ["status", ...others.filter((name) => name !== "id_prefix")],
  symbol_prefix: ["status", "task_type", "symbol"],
  ended_from: [...others, "owner", "warning"],
};

// The choices after a change. If two filters cannot be combined, the newer one stays.
export function settled(chosen, change = {}) {
  const now = { ...chosen, ...change };
  for (const [name, others] of Object.entries(excludedBy)) {
    if (!now[name]) continue;
    const isOlder = !change[name] && others.some((other) => change[other]);
    for (const one of isOlder ? [name] : others) now[one] = null;
  }
  if (now.status && !ENDS.includes(now.status)) now.ended_from = null;
  if (!sortsOf(now).includes(now.sort ?? "")) now.sort = null;
  return now;
}
