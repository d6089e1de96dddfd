// The parts of a record's page: lists of facts, and long texts with a button to copy them.
import { makeCopy } from "./copy.js";
import { element, redraw } from "./dom.js";
import { nowOf } from "./moment.js";
import { words } from "./page_words.js";
import { here } from "./translated.js";
import { stillRuns } from "./unsettled.js";
import { clock } from "./words.js";

const MOST_VALUES = 30;
const LONGEST_VALUE = 300;
const ADDRESS = /(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/;

// "2026-11-27 22:10:05 +09:00", in the reader's time zone.
export function absolute(time) {
  const text = here(time);
  return `${text.slice(0, 10)} ${text.slice(11, 19)} ${text.slice(-6)}`;
}

export const section = (title, ...children) =>
  element("section", `card part-${title}`, element("h2", "", words.parts[title]), ...children);

const at = (time) => time && { time };
const lasted = (ms) => (ms == null ? "" : clock(ms / 1000));

// An end that has passed, or of a job without values, is no likely one.
const isExpected = (item) =>
  item.end_time === null &&
  !item.warnings?.stalled &&
  Date.parse(item.estimated_completion) > nowOf(item);

// The times of a task or workflow, as facts.
export const timesOf = (item) => [
  ["created", at(item.created_at)],
  ["eta", at(item.eta)],
  ["expires", at(item.expires)],
  ["start", at(item.start_time)],
  ["attempt", item.attempt > 1 && at(item.attempt_started_at)],
  ["updated", at(item.updated_at)],
  ["estimated", at(isExpected(item) && item.estimated_completion)],
  ["end", !stillRuns(item) && at(item.end_time)],
  ["again", at(item.may_come_again_until)],
  ["waited", lasted(item.waited_ms)],
  ["took", item.end_time && !stillRuns(item) && lasted(item.processing_time_ms)],
  ...Object.entries(item.warnings ?? {}).map(([name, since]) => [name, at(since)]),
];

// The requested act with its caller and reason, as facts.
export const requestOf = ({ control }) =>
  control
    ? [
        ["asked", words.requested[control.action] ?? control.action],
        ["by", control.by],
        ["why", control.reason],
        ["at", at(control.at)],
        ["acknowledged", at(control.acknowledged_at)],
      ]
    : [];

const term = (name, ...its) => [element("dt", "", name), element("dd", "", ...its)];

export const timed = (dateTime, text, title = "") => element("time", { dateTime, title }, text);

// Facts are [name, value] pairs. A value is a text, {text, link, mono} or {time}; a pair without a value is omitted.
export function makeFacts(title) {
  const list = element("dl");
  const made = section(title, list);

  function show(facts) {
    const there = facts.filter(([, value]) => value);
    made.hidden = !there.length;
    redraw(list, there, () =>
      there.flatMap(([name, value]) => term(words.facts[name] ?? name, valueOf(value))),
    );
  }

  return { element: made, show };
}

function valueOf(value) {
  if (typeof value !== "object") return String(value);
  if (value.time) return timed(value.time, absolute(value.time));
  const { text, link, mono } = value;
  const className = mono ? "mono" : "";
  return link ? element("a", { className, href: link }, text) : element("span", className, text);
}

// Splits a text at its URLs: the pieces with an odd index are URLs.
export const piecesOf = (text) => text.split(ADDRESS);

const linked = (text) =>
  piecesOf(text).map((piece, place) => (place % 2 ? outward(piece, piece) : piece));

const outward = (text, href) => element("a", { href, target: "_blank", rel: "noreferrer" }, text);

// What a job gave to take away, as [{text, link}]: anchors that look like buttons.
export function makeLinks() {
  const row = element("div", "tools");
  const made = section("links", row);

  function show(links) {
    made.hidden = !links.length;
    redraw(row, links, () =>
      links.map(({ text, link }) => (link ? outward(text, link) : element("span", "", text))),
    );
  }

  return { element: made, show };
}

// [name, text] pairs of an object with few and short values, to show it as a table; null for any other value.
export function flat(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value).map(([name, one]) => [name, one, String(one)]);
  const short = ([, one, text]) =>
    (one === null || typeof one !== "object") && text.length <= LONGEST_VALUE;
  if (!entries.length || entries.length > MOST_VALUES || !entries.every(short)) return null;
  return entries.map(([name, , text]) => [name, text]);
}

// A section with a text, or with the table of a flat object.
export function makeText(title) {
  const pre = element("pre", { tabIndex: 0, ariaLabel: words.parts[title] });
  const table = element("dl");
  const copy = makeCopy("copy", () => pre.textContent);
  const made = section(title, copy, pre, table);

  function show(value) {
    const text = pretty(value);
    made.hidden = !text;
    if (pre.textContent === text) return;
    const entries = flat(value);
    pre.replaceChildren(...linked(text));
    pre.hidden = entries !== null;
    table.replaceChildren(...(entries ?? []).flatMap(([name, one]) => term(name, ...linked(one))));
  }

  return { element: made, show };
}

// A value of the record as text; an empty object gives "".
function pretty(value) {
  if (value == null || (typeof value === "object" && !Object.keys(value).length)) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
