// The strip in the header: running and waiting tasks, the longest wait, live workers. The workers are read every few
// seconds while the tab is visible, also for the workers' view.
import { say } from "./dom.js";
import { alive, readWorkers } from "./details.js";
import { makeReader } from "./reading.js";
import { clock } from "./words.js";

export function makeStrip(place, drawn) {
  const reader = makeReader(read, drawn);
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
    say(place, texts.filter(Boolean).join(" · "));
  }

  return {
    show,
    look: () => refused || reader.look(),
    begin: reader.anew,
    workers: () => ({ found, refused }),
  };
}
