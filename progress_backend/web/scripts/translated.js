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

// An ISO 8601 time as one without an offset in the zone of whoever reads; null of another text.
const zoned = (time, at = new Date(time)) =>
  new Date(at - at.getTimezoneOffset() * 60_000).toJSON();

// The date and the time of day.
const local = (time) => `${zoned(time)}`.slice(0, 16).split("T");

// An ISO 8601 time in the zone of whoever reads.
export function here(text) {
  const minutes = -new Date(text).getTimezoneOffset();
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  const offset = `${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
  return zoned(text)?.replace("Z", (minutes < 0 ? "-" : "+") + offset) ?? text; // another program's
}

export const messageOf = (record, { code }) =>
  translated(code, record.text ?? "", record.message_code, record.at);
export const errorOf = (record, { code }) =>
  translated(code, record?.error_message ?? "", record?.error_code);
