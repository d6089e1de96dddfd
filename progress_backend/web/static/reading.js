// Reads that follow each other, never two at a time, so that on a slow line each answer still counts:
// one a second at most, and fewer after failures.
import { moment } from "./moment.js";

const READ_AGAIN_MS = 1_000;
export const LONGEST_PAUSE_MS = 5_000;
// What stays refused as long as nothing else is asked for.
const REFUSED = [400, 401, 403, 404, 414, 422];

// `work` reads: it is given what aborts it and whether its answer is still wanted, and returns the last
// answer. `outcome` of the last read: none yet, ok, before the line was lost, refused (an answer that
// is no list), unanswered. `refusal`: that answer, where asking again helps nothing.
export function makeReader(work, done) {
  let reading = null;
  let again = false;
  let timer = null;
  let sinceRead = null;
  let failures = 0;
  const reader = {
    outcome: "none",
    storeAway: false,
    refusal: null,
    anew,
    soon,
    look,
    lineLost,
    stop,
  };

  // What is asked for is another: an answer that is under way is wanted no more.
  function anew() {
    stop();
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

  function stop() {
    clearTimeout(timer);
    reading?.abort();
    reading = null;
  }

  const pauseMs = () => Math.min(READ_AGAIN_MS * 2 ** failures, LONGEST_PAUSE_MS);

  async function read() {
    clearTimeout(timer);
    timer = null;
    again = false;
    sinceRead = moment();
    const mine = (reading = new AbortController());
    const got = await worked(mine);
    if (mine !== reading) return;
    reading = null;
    reader.outcome = got?.ok ? "ok" : got ? "refused" : "unanswered";
    reader.storeAway = got?.status === 503;
    reader.refusal = got && !got.ok && REFUSED.includes(got.status) ? got : null;
    failures = got?.ok ? 0 : failures + 1;
    if (!got?.ok || again) soon();
    done();
  }

  // An answer that nobody can read, of somebody on the way perhaps, is none; the next one may be better.
  async function worked(mine) {
    try {
      return await work(mine, () => mine === reading);
    } catch (error) {
      console.error(error);
      return null;
    }
  }

  return reader;
}
