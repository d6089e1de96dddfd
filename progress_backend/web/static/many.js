// One act on many tasks: a request for each, a few at a time; of all that pass a filter the ids are read
// first, a page after the other, the newest so many.
import { asked } from "./acts.js";
import { answered } from "./live.js";
import { TASK } from "./row.js";

export const MOST = 1_000;
const AT_ONCE = 4, PAGE = 100, BUSY_MS = 1_000, TRIES = 10;

// Tasks on which the act has a meaning; null where the list was not answered.
export async function passing(filters, name) {
  const found = [], query = new URLSearchParams({ ...filters, limit: PAGE });
  for (let page = 1; found.length < MOST; page += 1) {
    if (!query.has("cursor")) query.set("page", page);
    const got = await answered(`internal/tasks?${query}`);
    if (!got?.ok) return null;
    const { tasks, pagination, cursor } = got.body;
    found.push(...tasks.filter((task) => TASK.offered(task).includes(name)));
    if (pagination.pages === null ? !cursor : page >= pagination.pages) break;
    if (cursor) {
      query.delete("page");
      query.set("cursor", cursor);
    }
  }
  return found.slice(0, MOST);
}

// How many it was asked of, and why it was not done: text -> number. `told` is called after each.
export async function actOn(tasks, name, words, told) {
  const left = [...tasks], why = new Map();
  let done = 0;
  async function next() {
    for (let task = left.shift(); task; task = left.shift()) {
      const refusal = await patiently(task, name, words);
      if (refusal === null) told(done += 1);
      else why.set(refusal, (why.get(refusal) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return { done, why };
}

// A service that limits writes is asked again.
async function patiently(task, name, words) {
  for (let tried = 1; ; tried += 1) {
    const { body, why, status } = await asked(TASK, name, task, words);
    if (body) return null;
    if (status !== 429 || tried >= TRIES) return why ?? words.unanswered;
    await new Promise((resume) => setTimeout(resume, BUSY_MS));
  }
}
