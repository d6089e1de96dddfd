// The case of a stalled, late or failed task: since when, its line, how its type has ended, who acted last; and buttons
// to pause the waiting tasks of its type and to copy all that for the incident.
import { actOn, passing } from "./bulk_acts.js";
import { makeCopy } from "./copy.js";
import { button, element, say } from "./dom.js";
import { answered, BASE } from "./live.js";
import { joined, words } from "./page_words.js";
import { absolute, makeFacts } from "./record_parts.js";
import { outcomeOf } from "./selection.js";
import { here } from "./translated.js";

const MOST = 200;

// whatOf(task) returns what is wrong as text, where(task) its line, lines() the last lines of its log.
export function makeCase(whatOf, where, lines) {
  const facts = makeFacts("case");
  const copy = makeCopy("", incident, words.copyIncident);
  const pause = button("", pauseWaiting, words.pauseWaiting);
  const report = element("span", { className: "report", role: "status" });
  let [task, figures, busy] = [null, null, null, false];
  facts.element.append(element("div", "acts", pause, copy, report));

  const sinceOf = ({ warnings, end_time: end }) => warnings?.stalled ?? warnings?.late ?? end;

  function incident() {
    const { task_id: id, task_type: type, status } = task;
    const since = sinceOf(task) && absolute(sinceOf(task));
    const address = new URL(`task/${encodeURIComponent(id)}`, BASE).href;
    const head = [id, type, words[status] ?? status, since, whatOf(task), where(task)];
    return joined("\n", ...head, ...lines(), address);
  }

  async function readFigures(type) {
    figures = {}; // once: a token may permit no figures
    const got = await answered("internal/stats");
    figures = got?.body?.types?.find(({ task_type: its }) => its === type) ?? {};
  }

  async function pauseWaiting() {
    if (busy) return;
    busy = true;
    const filter = { task_type: task.task_type, status: "created" };
    const [found, why] = await passing(filter, ["created"], MOST);
    const ids = [...found.keys()].slice(0, MOST);
    say(report, why || outcomeOf(await actOn({ ids }, "pause")));
    busy = false;
  }

  function show(now) {
    task = now;
    const { warnings, status, control } = task;
    const wrong = warnings?.stalled || warnings?.late || status === "error";
    if (wrong && !figures) readFigures(task.task_type);
    const failed = Object.values(figures?.errors ?? {}).reduce((sum, n) => sum + n, 0);
    const all = failed + (figures?.completed ?? 0);
    const who = control?.by && [words.requested[control.action], control.by, here(control.at)];
    const its = [
      ["since", sinceOf(task) && { time: sinceOf(task) }],
      ["line", where(task) && { text: where(task), mono: true }],
      ["ofType", all > 1 && words.failedOf(failed, all)],
      ["last", who && `${who[0] ?? control.action} · ${who[1]}, ${who[2].slice(11, 16)}`],
    ];
    facts.show(wrong ? its : []);
    pause.hidden = Boolean(document.body.dataset.readOnly);
  }

  return { element: facts.element, show };
}
