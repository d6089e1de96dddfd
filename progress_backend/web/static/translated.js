// A record's default text in the reader's language, by the code beside it; any other text stays as it is
// given. The texts are the library's own (default_texts.py), served as a script beside this one.
import { TEXTS } from "./texts.js";

// `at`: when it was written, a time of the same day needs no date.
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
