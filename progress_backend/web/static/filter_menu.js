// The menu of filters that no row and no chip offers: who has a warning, and when it was created; and any
// type, symbol or owner by its name.
import { element, say } from "./dom.js";

const NAMES = ["task_type", "symbol", "owner"];
const WARNINGS = ["stalled", "late"];
const HOUR_MS = 3_600_000;
const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS };
const MOST = 255;
// While a date is typed each of its digits makes another one, of the years 0002 and 0202 as well.
const TYPED_MS = 600;
const FIRST = "1970";
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

// A time in the zone of another of the service's times.
function textOf(ms, zone) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [null, "+", 0, 0];
  const aheadMs = Number(`${sign}1`) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
  return `${new Date(ms + aheadMs).toISOString().slice(0, 16)}:00${zone}`;
}

// Enter and Escape are the input method's while a word is being made; Safari says so by a number only.
const composing = ({ isComposing, keyCode }) => isComposing || keyCode === 229;

function labelled(input) {
  const text = element("span");
  return { label: element("label", "", text, input), text, input };
}

function makeChoice(values) {
  const select = element("select");
  select.append(
    ...values.map((value) => {
      const option = element("option");
      option.value = value;
      return option;
    }),
  );
  return select;
}

// `clock` is the service's: `now()` in milliseconds, and `zone()`, the offset that it writes its times
// with, such as "+09:00".
export function makeFilterMenu(place, choose, { now, zone }) {
  const fields = Object.fromEntries(
    [
      ["warning", makeChoice(["", ...WARNINGS])],
      ["span", makeChoice(["", ...Object.keys(SPANS), "between"])],
      ...["created_from", "created_to", ...NAMES].map((name) => [name, element("input")]),
    ].map(([name, input]) => [name, labelled(input)]),
  );
  const summary = element("summary");
  const { warning, span, created_from: from, created_to: until } = fields;
  const between = element("div", "between", from.label, until.label);
  let typed = null;
  let spanOf = null; // the timer of a date, and from when the chosen span is
  place.append(
    summary,
    element(
      "div",
      "menu",
      warning.label,
      span.label,
      between,
      ...NAMES.map((name) => fields[name].label),
    ),
  );
  for (const one of [from, until]) one.input.type = "datetime-local";

  warning.input.onchange = () => choose({ warning: warning.input.value || null });
  span.input.onchange = () => {
    const ms = SPANS[span.input.value];
    between.hidden = span.input.value !== "between";
    if (!between.hidden) return;
    spanOf = ms ? textOf(now() - ms, zone()) : null;
    choose({ created_from: spanOf, created_to: null });
  };

  function chooseDates() {
    clearTimeout(typed);
    typed = null;
    choose(
      Object.fromEntries(
        [
          ["created_from", from],
          ["created_to", until],
        ].map(([name, { input }]) => [
          name,
          input.value >= FIRST ? `${input.value.slice(0, 16)}:00${zone()}` : null,
        ]),
      ),
    );
  }

  for (const { input } of [from, until]) {
    input.onchange = () => {
      clearTimeout(typed);
      typed = setTimeout(chooseDates, TYPED_MS);
    };
    input.onblur = () => {
      if (typed) chooseDates();
    };
  }
  for (const name of NAMES) {
    const { input } = fields[name];
    input.maxLength = MOST;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.onchange = () => choose({ [name]: input.value.trim() || null });
    input.onkeydown = (event) => {
      if (event.key !== "Enter" || composing(event)) return;
      event.preventDefault(); // or it would press what has the focus then, and open the menu again
      close();
    };
  }
  place.onkeydown = (event) => {
    if (event.key !== "Escape" || composing(event) || !place.open) return;
    event.preventDefault(); // it is for the menu, not for what is below
    close();
  };
  place.addEventListener("focusout", ({ relatedTarget: to }) => {
    if (to && !place.contains(to)) place.open = false;
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!place.contains(target)) place.open = false;
  });

  function close() {
    if (!place.open) return;
    place.open = false;
    summary.focus();
  }

  return function show(chosen, words) {
    say(summary, words.filter);
    for (const [name, { text }] of Object.entries(fields)) say(text, words.filterBy[name]);
    for (const option of warning.input.options)
      say(option, option.value ? words.warnings[option.value] : words.any);
    for (const option of span.input.options) say(option, words.spans[option.value || "any"]);
    if (warning.input.value !== (chosen.warning ?? "")) warning.input.value = chosen.warning ?? "";
    const dated = chosen.created_from || chosen.created_to;
    if (dated && (!SPANS[span.input.value] || chosen.created_from !== spanOf))
      span.input.value = "between";
    else if (!dated && SPANS[span.input.value]) span.input.value = "";
    between.hidden = span.input.value !== "between";
    for (const [name, one] of [
      ["created_from", from],
      ["created_to", until],
    ]) {
      if (document.activeElement !== one.input)
        one.input.value = DATE.exec(chosen[name] ?? "")?.[0] ?? "";
    }
    for (const name of NAMES) {
      if (document.activeElement !== fields[name].input)
        fields[name].input.value = chosen[name] ?? "";
    }
  };
}
