// Repeated reads, one at a time, so that a slow response is not discarded for a newer one: at most one a second, and
// fewer after failures.
import { moment } from "./moment.js";

const READ_AGAIN_MS = 1_000;
export const LONGEST_PAUSE_MS = 5_000;
// The same request would get these statuses again.
const REFUSED = [400, 401, 403, 404, 414, 422];

// work(stop, wanted) sends the request and returns the response: `stop` is its AbortController, wanted() is false after
// an abort. done() is called after each read. `outcome` of the last read: "none" (no read yet), "ok", "before" (ok, but
// the connection was lost since), "refused" or "unanswered". `refusal`: the response, if it is one of REFUSED.
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

  // For another query: a pending read is aborted.
  function anew() {
    stop();
    read();
  }

  function soon() {
    if (reading) again = true;
    else timer ??= setTimeout(read, Math.max(0, pauseMs() - (sinceRead?.() ?? Infinity)));
  }

  // Reads if the last read is that long ago; what is read seldom, not in a hidden tab.
  function look(ms = LONGEST_PAUSE_MS) {
    if (document.hidden && ms > LONGEST_PAUSE_MS) return;
    if (!reading && (sinceRead?.() ?? Infinity) > ms) read();
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
    const got = await attempt(mine);
    if (mine !== reading) return;
    reading = null;
    reader.outcome = got?.ok ? "ok" : got ? "refused" : "unanswered";
    reader.storeAway = got?.status === 503;
    reader.refusal = got && !got.ok && REFUSED.includes(got.status) ? got : null;
    failures = got?.ok ? 0 : failures + 1;
    if (!got?.ok || again) soon();
    done();
  }

  // An unreadable response, e.g. of a proxy, counts as none: the next read may succeed.
  async function attempt(mine) {
    try {
      return await work(mine, () => mine === reading);
    } catch (error) {
      console.error(error);
      return null;
    }
  }

  return reader;
}
