// Reads that follow each other, never two at a time, so that on a slow line each answer still counts:
// one a second at most, and fewer after failures.
import { moment } from "./moment.js";

const READ_AGAIN_MS = 1_000;
export const LONGEST_PAUSE_MS = 5_000;

// `work` reads: it is given what aborts it and whether its answer is still wanted, and returns the last
// answer. `outcome` of the last read: none yet, ok, before the line was lost, refused (an answer that
// is no list), unanswered.
export function makeReader(work, done) {
  let reading = null, again = false, timer = null, sinceRead = null, failures = 0;
  const reader = { outcome: "none", storeAway: false, anew, soon, look, lineLost };

  // What is asked for is another: an answer that is under way is wanted no more.
  function anew() {
    reading?.abort();
    reading = null;
    read();
  }

  function soon() {
    if (reading) again = true;
    else timer ??= setTimeout(read, Math.max(0, pauseMs() - (sinceRead?.() ?? Infinity)));
  }

  // Reads if nothing was read for a while.
  function look() {
    if (!reading && (sinceRead?.() ?? Infinity) > LONGEST_PAUSE_MS) read();
  }

  function lineLost() {
    if (reader.outcome === "ok") reader.outcome = "before";
    soon();
  }

  const pauseMs = () => Math.min(READ_AGAIN_MS * 2 ** failures, LONGEST_PAUSE_MS);

  async function read() {
    clearTimeout(timer);
    timer = null;
    again = false;
    sinceRead = moment();
    const mine = reading = new AbortController();
    const got = await work(mine, () => mine === reading);
    if (mine !== reading) return;
    reading = null;
    reader.outcome = got?.ok ? "ok" : got ? "refused" : "unanswered";
    reader.storeAway = got?.status === 503;
    failures = got?.ok ? 0 : failures + 1;
    if (!got?.ok || again) soon();
    done();
  }

  return reader;
}
