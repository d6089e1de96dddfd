// Which filters go together: the service has an index for each of these and for no other mixture.
import { sortsOf } from "./sort_menu.js";

const SPAN = ["created_from", "created_to"];
const apartFrom = {
  owner: ["task_type", "symbol", "warning", "id_prefix"],
  warning: ["task_type", "symbol", "id_prefix"],
  id_prefix: ["status", "task_type", "symbol", ...SPAN],
};

// What is chosen after a change: of what does not go together the newer one stays. And what was taken
// away for that: each filter's name and value, and those of the one beside which it does not go.
export function settled(chosen, change = {}) {
  const now = { ...chosen, ...change };
  const away = apart(now, change);
  if (!sortsOf(now).includes(now.sort ?? "")) now.sort = null;
  return { now, away };
}

function apart(now, change) {
  const away = [];
  function drop(name, beside) {
    if (!now[name]) return;
    away.push({ name, value: now[name], beside: [beside, now[beside]] });
    now[name] = null;
  }
  for (const [name, others] of Object.entries(apartFrom)) {
    if (!now[name]) continue;
    const newer = others.find((other) => change[other]);
    if (newer && !change[name]) drop(name, newer);
    else for (const other of others) drop(other, name);
  }
  return away;
}
