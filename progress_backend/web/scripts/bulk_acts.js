// Acts on many tasks and workflows: one request for each batch of tasks, and one for each workflow.
import { asked, whyNot } from "./acts.js";
import { answered } from "./live.js";
import { words } from "./page_words.js";
import { STATUSES } from "./words.js";

export const MOST = 1_000;
// The statuses in which an act changes a task.
export const CHANGES = {
  pause: ["created", "running"],
  resume: ["paused"],
  cancel: ["created", "running", "paused"],
  again: ["completed", "error", "cancelled"],
};
const BATCH = 200;
const PAGE = 100;
const MOST_PAGES = 50;

// Acts on the tasks `ids` and on `workflows`. Returns the number that was `asked`, why others were `refused` (key ->
// text), the keys that are `left` after a failed request, and why it `stopped`. report(result) is called in between.
export async function actOn({ ids, workflows = [] }, name, report = () => {}) {
  const result = { asked: 0, refused: new Map(), left: [], stopped: "" };

  async function actOnBatch(some) {
    const body = JSON.stringify({ action: name, ids: some });
    const headers = { "Content-Type": "application/json" };
    const got = await answered("internal/act", { method: "POST", headers, body });
    if (!got?.ok) return got ? words.refused(whyNot(got)) : words.unanswered;
    result.asked += got.body.requested;
    for (const { task_id, code, why } of got.body.refused)
      result.refused.set(task_id, reason(code, why));
    return "";
  }

  async function actOnWorkflow(key) {
    const got = await asked(name, { workflow_id: key.slice(1) });
    if (got.body) result.asked += 1;
    else if ([403, 404, 409].includes(got.status)) result.refused.set(key, got.why);
    else return got.status ? words.refused(got.why) : words.unanswered;
    return "";
  }

  result.left = [...ids, ...workflows.map((id) => `\n${id}`)];
  while (result.left.length && !result.stopped) {
    const [key] = result.left;
    const tasks = result.left.slice(0, BATCH).filter((one) => one[0] !== "\n");
    result.stopped = await (tasks.length ? actOnBatch(tasks) : actOnWorkflow(key));
    if (!result.stopped) result.left.splice(0, tasks.length || 1);
    report(result);
  }
  return result;
}

// The newest tasks that match a filter (id -> task), of the `wanted` statuses (the filter's status or the open ones), and
// the reason if a request was refused.
export async function passing(
  filter,
  wanted = filter.status ? [filter.status] : CHANGES.cancel,
  most = MOST,
) {
  const found = new Map();
  let position = { page: 1 };
  for (let page = 1; page <= MOST_PAGES && found.size < most && position; page += 1) {
    const query = new URLSearchParams({ ...filter, limit: PAGE, ...position });
    const got = await answered(`internal/tasks?${query}`);
    if (!got?.ok) return [found, got ? words.refused(whyNot(got)) : words.unanswered];
    for (const task of got.body.tasks)
      if (wanted.includes(task.status)) found.set(task.task_id, task);
    const { cursor, pagination } = got.body;
    position = cursor ? { cursor } : page < pagination.pages && { page: page + 1 };
  }
  return [found, ""];
}

function reason(code, why) {
  if (STATUSES.includes(code)) return words.isNow(words[code]);
  return { not_found: words.gone, forbidden: words.refusals[4403], ...words.codes }[code] ?? why;
}
