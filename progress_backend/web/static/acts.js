// What a person asks of a task or a workflow: a cancel only after a second look.
import { answered } from "./live.js";
import { STATUSES } from "./words.js";

const byId = (id) => document.getElementById(id);

// The body that answers, or why it was not done; neither where the person keeps what they have.
export async function ask(kind, name, item, words) {
  const said = kind.words(words);
  const ends = name === "cancel" || name === "terminate";
  if (ends && !(await isSure(name, kind.name(item, said), said))) return {};
  const [method, target, body] = ends
    ? ["POST", "cancel", name === "terminate" ? { terminate: true } : {}]
    : ["PUT", "update", { status: name === "pause" ? "paused" : "running" }];
  const got = await answered(`${kind.path(item)}/${target}`, {
    method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (got?.ok) return { body: got.body };
  return { refusal: got ? said.refused(whyNot(got, said)) : said.unanswered };
}

// What is usual is said in the page's words; anything else as the service says it.
function whyNot({ status, body }, said) {
  if (status === 409 && STATUSES.includes(body?.status)) return said.isNow(said[body.status]);
  if (status === 404) return said.gone;
  if (status === 503) return said.noAnswer;
  const detail = body?.detail ?? status;
  return typeof detail === "string" ? detail : JSON.stringify(detail);
}

function isSure(act, name, said) {
  const dialog = byId("sure"), ends = act === "terminate";
  byId("sure-what").textContent = ends ? said.sureTerminate(name) : said.sure(name);
  byId("sure-how").textContent = ends ? said.sureTerminateHow : said.sureHow;
  byId("sure-yes").textContent = ends ? said.doTerminate : said.doCancel;
  byId("sure-yes").onclick = () => dialog.close("yes");
  byId("sure-no").onclick = () => dialog.close("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === "yes"); });
}
