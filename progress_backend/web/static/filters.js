// Which filters go together: the service has an index for each of these and for no other mixture. Beside
// an owner all of them go, since that owner's tasks are looked at.
import { sortsOf } from "./sort_menu.js";

const APART = {
  remark: ["status", "task_type", "symbol", "id_prefix"],
  id_prefix: ["status", "symbol", "remark", "created_from", "created_to"],
};

// What is chosen after a change: of what does not go together the newer one stays.
export function changed(chosen, change) {
  const now = { ...chosen, ...change, page: 1 };
  if (!now.owner) apart(now, change);
  if (!sortsOf(now).includes(now.sort ?? "")) now.sort = null;
  return now;
}

function apart(now, change) {
  for (const [name, others] of Object.entries(APART)) {
    const newer = others.some((other) => change[other]);
    if (!now[name]) continue;
    if (newer && !change[name]) now[name] = null;
    else for (const other of others) now[other] = null;
  }
}
