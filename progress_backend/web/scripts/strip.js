// The strip in the header: running and waiting tasks, the longest wait, live workers, failures of the last hour. The
// workers are read every few seconds while the tab is visible, also for the workers' view.
import { say, sayOrHide } from "./dom.js";
import { alive, readWorkers } from "./details.js";
import { makeReader } from "./reading.js";
import { clock } from "./words.js";

export function makeStrip(place, drawn) {
  const reader = makeReader(read, drawn);
  const [text, failures] = ["span", "a"].map((name) => document.createElement(name));
  place.append(text, failures);
  let found = null;
  let refused = false; // the token does not permit the list of workers

  async function read(stop, wanted) {
    const got = await readWorkers(stop);
    if (!wanted()) return got;
    refused = got?.status === 403;
    if (got?.ok) found = got.body;
    return got;
  }

  function show({ running: byStatus, created: waiting } = {}, words) {
    place.hidden = refused || byStatus == null; // the empty strip keeps its space until `found` is read
    if (place.hidden || !found) return;
    const { workers } = alive;
    const running = byStatus + found.still_running;
    const wait = found.oldest_wait_ms == null ? "" : clock(found.oldest_wait_ms / 1000);
    place.dataset.stuck = waiting > 0 && workers === 0;
    const oldest = wait && words.oldest(wait);
    const texts = [words.runningNow(running), words.waiting(waiting), oldest, words.alive(workers)];
    const failed = found.failed_last_hour;
    say(text, texts.filter(Boolean).join(" · ") + (failed ? " · " : ""));
    sayOrHide(failures, failed ? words.failedLately(failed) : "");
    failures.href = `?${new URLSearchParams({ status: "error", sort: "ended", lang: words.code })}`;
  }

  return {
    show,
    look: () => refused || reader.look(),
    begin: reader.anew,
    workers: () => ({ found, refused }),
  };
}
