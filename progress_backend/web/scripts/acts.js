// Sends an act on a task or workflow to the API; a cancel and a new run need a confirmation.
import { answered } from "./live.js";
import { words } from "./page_words.js";
import { pathOf } from "./task.js";
import { STATUSES } from "./words.js";

const byId = (id) => document.getElementById(id);

// Returns the response's `body`, or the text of a `refusal`; {} if the user does not confirm.
export async function ask(kind, name, item) {
  const act = await confirmed(name, item, kind.name(item));
  if (!act) return {};
  const { body, why } = await asked(act, item);
  if (body) return { body };
  const refused = act === "again" ? words.nothingSent : words.refused;
  return { refusal: why ? refused(why) : words.unanswered };
}

// The same without a confirmation. Returns the response's `body`, or its `status` and the reason (`why`); {} without
// a response.
export async function asked(name, item) {
  const [method, target, body] =
    name === "stack" || name === "again"
      ? ["POST", name]
      : name === "cancel" || name === "terminate"
        ? ["POST", "cancel", name === "terminate" ? { terminate: true } : {}]
        : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const headers = { "Content-Type": "application/json" };
  // The API's own key for a request without one: a press on an older record does not run the task twice.
  if (name === "again") headers["Idempotency-Key"] = `after ${item.again_by ?? "None"}`;
  const got = await answered(`${pathOf(item)}/${target}`, {
    method,
    headers,
    body: JSON.stringify(body),
  });
  if (got?.ok) return { body: got.body };
  return got ? { status: got.status, why: whyNot(got, name) } : {};
}

// The usual reasons in the page's language, any other one as the API words it.
export function whyNot({ status, body }, name) {
  if (status === 409 && name !== "stack" && STATUSES.includes(body?.status))
    return words.isNow(words[body.status]);
  if (name === "again" && status === 403) return words.refusals[4403];
  if (status === 404) return name === "again" ? words.noStart : words.gone;
  if (status === 503) return words.noAnswer;
  const detail = body?.detail ?? status;
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}

// The act that the user confirms, "" for none: a stalled job may read no cancel, so its process can be terminated.
async function confirmed(act, item, name) {
  const asks = {
    again: [words.sureAgain(name), words.sureAgainHow, words.again],
    terminate: [words.sureTerminate(name), words.sureTerminateHow, words.doTerminate],
  }[act];
  if (asks) return (await sure(...asks)) && act;
  if (act !== "cancel") return act;
  const stalled = item.warnings?.stalled && item.worker;
  const how = stalled ? words.sureTerminateHow : words.sureHow;
  const answer = await sure(words.sure(name), how, words.doCancel, stalled && words.doTerminate);
  return answer === "other" ? "terminate" : answer && act;
}

// Opens the confirmation dialog; resolves to "yes", to "other" if the user presses the button with that text, or to "".
export function sure(what, how, yes, other = "") {
  const dialog = byId("sure");
  dialog.onclose?.(); // resolves the earlier question, if its close event is still to come
  byId("sure-what").textContent = what;
  byId("sure-how").textContent = how;
  byId("sure-yes").textContent = yes;
  byId("sure-other").textContent = other;
  byId("sure-other").hidden = !other;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    // The close event of an earlier question may be dispatched while the dialog is open again.
    dialog.onclose = () => {
      if (!dialog.open) resolve(dialog.returnValue);
    };
  });
}
