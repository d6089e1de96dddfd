// One act on many: the tasks in pieces, which the service acts on together, the workflows one by one.
import { asked, whyNot } from "./acts.js";
import { answered } from "./live.js";
import { STATUSES } from "./words.js";

export const MOST = 1_000;
// The statuses of the tasks that an act changes.
export const CHANGES = {
  pause: ["created", "running"],
  resume: ["paused"],
  cancel: ["created", "running", "paused"],
};
const PIECE = 200;
const PAGE = 100;
const MOST_PAGES = 50;

// Of the tasks `ids` and of `workflows`. `report` is called with how it stands after each piece: of how many it was
// asked, why it was not of the others (key -> text), and which are `left` since it had to stop (`stopped` says why).
export async function actOn({ ids, workflows }, name, words, report) {
  const so = { asked: 0, refused: new Map(), left: [], stopped: "" };

  async function askTasks(some) {
    const body = JSON.stringify({ action: name, ids: some });
    const headers = { "Content-Type": "application/json" };
    const got = await answered("internal/act", { method: "POST", headers, body });
    if (!got?.ok) {
      so.stopped = got ? words.refused(whyNot(got, words)) : words.unanswered;
      return false;
    }
    so.asked += got.body.asked;
    for (const { task_id, code, why } of got.body.refused)
      so.refused.set(task_id, reason(code, why, words));
    report(so);
    return true;
  }

  async function askNamed(which) {
    for (let from = 0; from < which.length; from += PIECE) {
      if (!(await askTasks(which.slice(from, from + PIECE)))) return which.slice(from);
    }
    return [];
  }

  async function askWorkflows() {
    for (const [place, id] of workflows.entries()) {
      const got = await asked(name, { workflow_id: id }, words);
      if (got.body) so.asked += 1;
      else if ([403, 404, 409].includes(got.status)) so.refused.set(`\n${id}`, got.why);
      else {
        so.stopped = got.status ? words.refused(got.why) : words.unanswered;
        return workflows.slice(place);
      }
      report(so);
    }
    return [];
  }

  const left = await askNamed(ids);
  const after = so.stopped ? workflows : await askWorkflows();
  so.left = [...left, ...after.map((id) => `\n${id}`)];
  return so;
}

// The ids of the newest tasks that pass a filter and have not ended; and why there are not more of them.
export async function passing(filter, words) {
  const found = new Set();
  let of = { page: 1 };
  for (let page = 1; page <= MOST_PAGES && found.size < MOST && of; page += 1) {
    const query = new URLSearchParams({ ...filter, limit: PAGE, ...of });
    const got = await answered(`internal/tasks?${query}`);
    if (!got?.ok) return [found, got ? words.refused(whyNot(got, words)) : words.unanswered];
    for (const task of got.body.tasks)
      if (CHANGES.cancel.includes(task.status)) found.add(task.task_id);
    const { cursor, pagination } = got.body;
    of = cursor ? { cursor } : page < pagination.pages && { page: page + 1 };
  }
  return [found, ""];
}

function reason(code, why, words) {
  if (STATUSES.includes(code)) return words.isNow(words[code]);
  return { not_found: words.gone, forbidden: words.mayNot, ...words.codes }[code] ?? why;
}
