// A record's default text in the reader's language; any other text stays as its job said it. The
// texts are the library's own (default_texts.py), served as a script beside this one.
import { BLANKS, TEXTS } from "./texts.js";

// language -> [beginning, pattern, key] of each text of the other languages; a pattern is made once a text
// begins like it, since a list's first row waits for none of them.
const patterns = new Map();

export function translated(language, given) {
  if (!patterns.has(language)) patterns.set(language, othersThan(language));
  for (const [start, pattern, key] of patterns.get(language)) {
    const match = String(given).startsWith(start) && pattern().exec(given);
    if (match) return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, blank) => match.groups[blank]);
  }
  return given;
}

function othersThan(language) {
  return Object.entries(TEXTS).filter(([other]) => other !== language)
    .flatMap(([, texts]) => Object.entries(texts).map(([key, text]) => [text.split("{", 1)[0], lazily(() => patternOf(text)), key]));
}

function lazily(make) {
  let made = null;
  return () => made ??= make();
}

function patternOf(text) {
  const parts = text.split(/\{(\w+)\}/).map((part, place) => // text and names of blanks, in turn
    place % 2 ? `(?<${part}>${BLANKS[part] ?? ".+"})` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("")}$`, "s");
}
