// A record's default text in the reader's language; any other text stays as its job said it. The
// texts are the library's own (default_texts.py), served as a script beside this one.
import { BLANKS, TEXTS } from "./texts.js";

const patterns = new Map(); // language -> [pattern, key] of each text of the other languages

export function translated(language, given) {
  if (!patterns.has(language)) patterns.set(language, othersThan(language));
  for (const [pattern, key] of patterns.get(language)) {
    const match = pattern.exec(given);
    if (match) return TEXTS[language][key].replace(/\{(\w+)\}/g, (_, blank) => match.groups[blank]);
  }
  return given;
}

function othersThan(language) {
  return Object.entries(TEXTS).filter(([other]) => other !== language)
    .flatMap(([, texts]) => Object.entries(texts).map(([key, text]) => [patternOf(text), key]));
}

function patternOf(text) {
  const parts = text.split(/\{(\w+)\}/).map((part, place) => // text and names of blanks, in turn
    place % 2 ? `(?<${part}>${BLANKS[part] ?? ".+"})` : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("")}$`, "s");
}
