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

function timeOfDay(time, at) {
  return time.slice(0, 10) === at?.slice(0, 10)
    ? time.slice(11, 16)
    : time.slice(5, 16).replace("T", " ");
}

export const messageOf = (record, { code }) =>
  translated(code, record.text ?? "", record.message_code, record.at);
export const errorOf = (record, { code }) =>
  translated(code, record?.error_message ?? "", record?.error_code);
