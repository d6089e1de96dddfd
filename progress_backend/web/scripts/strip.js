// The strip in the header: what is wrong as links (tasks with a warning, failures of the last hour), then running and
// waiting tasks, the longest wait, live workers. The workers are read every few seconds while the tab is visible, also
// for the workers' view.
import { filtersOf } from "./address.js";
import { element, say, sayOrHide } from "./dom.js";
import { alive, readWorkers } from "./details.js";
import { joined, words } from "./page_words.js";
import { makeReader } from "./reading.js";
import { timeOfDay } from "./translated.js";
import { clock } from "./words.js";

export function makeStrip(place, drawn) {
  const reader = makeReader(read, drawn);
  const wrong = ["stalled", "late", "failed"].map((name) => [name, element("a", name)]);
  const text = element("span");
  place.append(...wrong.map(([, link]) => link), text);
  let found = null;
  let refused = false; // the token does not permit the list of workers

  async function read(stop, wanted) {
    const got = await readWorkers(stop);
    if (!wanted()) return got;
    refused = got?.status === 403;
    if (got?.ok) found = got.body;
    return got;
  }

  // With those that a request has ended and that a worker still runs.
  const running = (summary) => summary.running + (found?.still_running ?? 0);

  function show(summary) {
    const waiting = summary.created;
    place.hidden = refused || waiting == null; // the empty strip keeps its space until `found` is read
    if (place.hidden || !found) return;
    const wait = found.oldest_wait_ms == null ? "" : clock(found.oldest_wait_ms / 1000);
    place.dataset.stuck = waiting > 0 && alive.workers === 0;
    const counts = [
      words.counted(running(summary), words.running),
      words.counted(waiting, words.created),
    ];
    const texts = [...counts, wait && words.oldest(wait), words.alive(alive.workers)];
    const since = new Date(Date.parse(found.at) - 3_600_000).toISOString();
    say(text, joined(" · ", ...texts));
    for (const [name, link] of wrong) {
      const many = name === "failed" ? found.failed_last_hour : found[name];
      const query = name === "failed" ? { status: "error", ended_from: since } : { warning: name };
      if (many === 1 || query.warning) query.case = "first"; // its record is opened, too
      const text = name === "failed" ? words.failedNow : words.counted;
      sayOrHide(link, many ? text(many, words.warnings[name]) : "");
      link.href = `?${new URLSearchParams({ ...query, lang: words.code })}`;
    }
  }

  // When the open tasks of the list will be done; "" in a search, and with a filter other than a type.
  function whenText({ created, running }, chosen) {
    const its = found?.open?.find(({ task_type: type }) => type === chosen.task_type);
    const all = chosen.task_type ? its?.tasks : created + running; // as the chips have them
    const elsewhere = chosen.view || chosen.text || filtersOf({ ...chosen, task_type: null }).size;
    if (!its || !all || elsewhere) return "";
    if (!its.estimate) return words.noEnd(all);
    const { earliest, latest } = its.estimate;
    const from = Date.parse(earliest) > Date.parse(found.at) && timeOfDay(earliest, found.at);
    // The latest end is rounded up to a minute, as the earliest is rounded down.
    const until = new Date(Date.parse(latest) + 59_999).toISOString();
    const many = Math.max(all - its.tasks + its.estimated, 1);
    return words.doneBy(many, all, from, timeOfDay(until, found.at));
  }

  return {
    show,
    running,
    whenText,
    look: () => refused || reader.look(),
    begin: reader.anew,
    workers: () => ({ found, refused }),
  };
}
