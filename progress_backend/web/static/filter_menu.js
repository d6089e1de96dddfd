// The menu of filters that no row and no chip offers: who has a remark, and when it was created; and any
// type, symbol or owner by its name.
import { element } from "./row.js";

const NAMES = ["task_type", "symbol", "owner"], REMARKS = ["stalled", "late", "waiting"];
const HOUR_MS = 3_600_000, SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS };
const MOST = 255;

// A time in the zone of another of the service's times.
function textOf(ms, zone) {
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone) ?? [null, "+", 0, 0];
  const aheadMs = Number(`${sign}1`) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
  return `${new Date(ms + aheadMs).toISOString().slice(0, 16)}:00${zone}`;
}

function labelled(input) {
  const text = element("span");
  return { label: element("label", "", text, input), text, input };
}

function makeChoice(values) {
  const select = element("select");
  select.append(...values.map((value) => {
    const option = element("option");
    option.value = value;
    return option;
  }));
  return select;
}

// `zone` gives the offset that the service writes its times with, such as "+09:00".
export function makeFilterMenu(place, choose, zone) {
  const fields = Object.fromEntries([
    ["remark", makeChoice(["", ...REMARKS])], ["span", makeChoice(["", ...Object.keys(SPANS), "between"])],
    ...["created_from", "created_to", ...NAMES].map((name) => [name, element("input")]),
  ].map(([name, input]) => [name, labelled(input)]));
  const summary = element("summary"), { remark, span, created_from: from, created_to: until } = fields;
  const between = element("div", "between", from.label, until.label);
  place.append(summary, element("div", "menu", remark.label, span.label, between, ...NAMES.map((name) => fields[name].label)));
  for (const one of [from, until]) one.input.type = "datetime-local";

  remark.input.onchange = () => choose({ remark: remark.input.value || null });
  span.input.onchange = () => {
    const ms = SPANS[span.input.value];
    between.hidden = span.input.value !== "between";
    if (between.hidden) choose({ created_from: ms ? textOf(Date.now() - ms, zone()) : null, created_to: null });
  };
  from.input.onchange = until.input.onchange = () => choose(Object.fromEntries(
    [["created_from", from], ["created_to", until]].map(([name, { input }]) => [name, input.value ? `${input.value.slice(0, 16)}:00${zone()}` : null]),
  ));
  for (const name of NAMES) {
    const { input } = fields[name];
    input.maxLength = MOST;
    input.autocomplete = "off";
    input.spellcheck = false;
    input.onchange = () => choose({ [name]: input.value.trim() || null });
    input.onkeydown = ({ key }) => { if (key === "Enter") close(); };
  }
  place.onkeydown = ({ key }) => { if (key === "Escape") close(); };
  document.addEventListener("pointerdown", ({ target }) => { if (!place.contains(target)) place.open = false; });

  function close() {
    if (!place.open) return;
    place.open = false;
    summary.focus();
  }

  return function show(chosen, words) {
    summary.textContent = words.filter;
    for (const [name, { text }] of Object.entries(fields)) text.textContent = words.filterBy[name];
    for (const option of remark.input.options) option.textContent = option.value ? words.remarks[option.value] : words.any;
    for (const option of span.input.options) option.textContent = words.spans[option.value || "any"];
    remark.input.value = chosen.remark ?? "";
    const dated = chosen.created_from || chosen.created_to;
    if (dated && !SPANS[span.input.value]) span.input.value = "between";
    else if (!dated && span.input.value !== "between") span.input.value = "";
    between.hidden = span.input.value !== "between";
    for (const [name, one] of [["created_from", from], ["created_to", until]]) {
      if (document.activeElement !== one.input) one.input.value = chosen[name]?.slice(0, 16) ?? "";
    }
    for (const name of NAMES) {
      if (document.activeElement !== fields[name].input) fields[name].input.value = chosen[name] ?? "";
    }
  };
}
