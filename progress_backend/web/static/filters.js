// Which filters go together: the service has an index for each of these and for no other mixture.
import { sortsOf } from "./sort_menu.js";

const apartFrom = {
  owner: ["task_type", "symbol", "warning", "id_prefix"],
  warning: ["task_type", "symbol", "id_prefix"],
  id_prefix: ["status", "task_type", "symbol"],
};

// What is chosen after a change: of what does not go together the newer one stays.
export function settled(chosen, change = {}) {
  const now = { ...chosen, ...change };
  for (const [name, others] of Object.entries(apartFrom)) {
    if (!now[name]) continue;
    const isOlder = !change[name] && others.some((other) => change[other]);
    for (const one of isOlder ? [name] : others) now[one] = null;
  }
  if (!sortsOf(now).includes(now.sort ?? "")) now.sort = null;
  return now;
}
