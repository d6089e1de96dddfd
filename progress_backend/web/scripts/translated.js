// Translates a record's default text by its code (message_code, error_code); any other text stays unchanged.
// texts.js is generated from default_texts.py.
import { TEXTS } from "./texts.js";

// `at` is when the text was written: a time on the same day is shown without its date.
export function translated(language, given, code, at) {
  const text = TEXTS[language][code?.code];
  const args = code?.args ?? {};
  const filled = text?.replace(/\{(\w+)\}/g, (_, blank) =>
    blank === "time" ? timeOfDay(String(args.time), at) : args[blank],
  );
  return filled ?? given;
}

export function timeOfDay(time, at) {
  const [day, clock] = local(time);
  if (!clock) return time; // another program's
  return day === local(at)[0] ? clock : `${day.slice(5)} ${clock}`;
}

// The date and the time of day in the reader's zone.
const local = (time) => here(time).slice(0, 16).split("T");

// An ISO 8601 time in the zone of whoever reads.
export function here(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text; // another program's
  const minutes = -time.getTimezoneOffset();
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const offset = `${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  const local = new Date(time.getTime() + minutes * 60_000).toISOString().slice(0, -1);
  return `${local}${minutes < 0 ? "-" : "+"}${offset}`;
}

export const messageOf = (record, { code }) =>
  translated(code, record.text ?? "", record.message_code, record.at);
export const errorOf = (record, { code }) =>
  translated(code, record?.error_message ?? "", record?.error_code);
