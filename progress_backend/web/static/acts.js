// What a person asks of a task or a workflow: a cancel only after a second look.
import { answered } from "./live.js";
import { pathOf } from "./task.js";
import { STATUSES } from "./words.js";

const byId = (id) => document.getElementById(id);

// The body that answers, or why it was not done; neither where the person keeps what they have.
export async function ask(kind, name, item, words) {
  if (isEnd(name) && !(await isSure(name, kind.name(item, words), words))) return {};
  const { body, why } = await asked(name, item, words);
  return body ? { body } : { refusal: why ? words.refused(why) : words.unanswered };
}

const isEnd = (name) => name === "cancel" || name === "terminate";

// The same without a second look: the body that answers, or the answer's status and why it was not done; neither
// without an answer.
export async function asked(name, item, words) {
  const [method, target, body] =
    name === "stack"
      ? ["POST", "stack"]
      : isEnd(name)
        ? ["POST", "cancel", name === "terminate" ? { terminate: true } : {}]
        : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const got = await answered(`${pathOf(item)}/${target}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (got?.ok) return { body: got.body };
  return got ? { status: got.status, why: whyNot(got, words, name) } : {};
}

// What is usual is answered in the page's words; anything else in the service's.
export function whyNot({ status, body }, words, name) {
  if (status === 409 && name !== "stack" && STATUSES.includes(body?.status))
    return words.isNow(words[body.status]);
  if (status === 404) return words.gone;
  if (status === 503) return words.noAnswer;
  const detail = body?.detail ?? status;
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}

function isSure(act, name, words) {
  return act === "terminate"
    ? sure(words.sureTerminate(name), words.sureTerminateHow, words.doTerminate)
    : sure(words.sure(name), words.sureHow, words.doCancel);
}

// Whether a person wants that after a second look.
export function sure(what, how, yes) {
  const dialog = byId("sure");
  dialog.onclose?.(); // an answer before this question, with its event still to come
  byId("sure-what").textContent = what;
  byId("sure-how").textContent = how;
  byId("sure-yes").textContent = yes;
  byId("sure-yes").onclick = () => dialog.close("yes");
  byId("sure-no").onclick = () => dialog.close("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    // The event of an earlier close may come once the dialog is open again: it answers nothing.
    dialog.onclose = () => {
      if (!dialog.open) resolve(dialog.returnValue === "yes");
    };
  });
}
