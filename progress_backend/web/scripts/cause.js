// The cause of a failure: its text without what differs between failures of one cause.
const MOST_GROUPS = 5;
const LONGEST = 500;
const UNQUOTED = "[^\\s\"'<>|,;、。「」（）()]";
// What differs between errors of one cause: URLs, quoted parts, paths, ids and numbers.
const DIFFERS = [
  /\b[a-z][a-z\d+.-]*:\/\/[^\s"'<>、。「」（）]+/gi,
  /(?<!\w)(["'`])(?:(?!\1).)*\1(?!\w)|「[^」]*」|『[^』]*』|“[^”]*”|‘[^’]*’/g,
  new RegExp(`(?<!\\w)(?:[a-z]:[\\\\/]|\\\\\\\\)${UNQUOTED}+`, "gi"),
  new RegExp(`(?<![\\w…])[~.]{0,2}/${UNQUOTED}+|(?<!\\w)[\\w.-]+/${UNQUOTED}*\\.\\w+`, "g"),
  /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/gi,
  /\b(?:0x[\da-f]+|(?=[a-f]*\d)[\da-f]{7,})\b/gi,
  /[-+]?\p{Nd}+(?:[.,:]\p{Nd}+)*/gu,
];

// "cannot identify image file '/a/7.png'" -> "cannot identify image file …".
export function causeOf(text) {
  const line = lastLine(text).slice(0, LONGEST);
  return DIFFERS.reduce((masked, one) => masked.replace(one, "…"), line).replace(
    /…(?:[\s,、]*…)+/g,
    "…",
  );
}

// The largest groups of at least `least` failed tasks, as [text, tasks]; tasks with one and the same text keep it.
export function groupsOf(tasks, textOf, least = 2, most = MOST_GROUPS) {
  const groups = new Map();
  for (const task of tasks) {
    const text = textOf(task) && causeOf(textOf(task));
    if (text) groups.set(text, [...(groups.get(text) ?? []), task]);
  }
  const many = [...groups].filter(([, those]) => those.length >= least);
  const largest = many.sort(([, a], [, b]) => b.length - a.length).slice(0, most);
  return largest.map(([text, those]) => {
    const own = new Set(those.map((task) => lastLine(textOf(task))));
    return [own.size === 1 ? [...own][0] : text, those];
  });
}

// In a traceback, this line is the exception.
export function lastLine(text) {
  return text.trimEnd().split("\n").at(-1);
}
