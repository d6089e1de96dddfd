// The figures next to a bar: percentage and count. A task that completed below its total shows no count, a task that
// has not started shows neither.
export function figuresOf({ status, progress: { current, total, percentage } }, words) {
  if (status === "created" && !current) return ["", ""];
  const count = words.number(current);
  if (!total) return ["", current ? count : ""];
  const over = status === "completed" && current < total;
  return [`${percentage}%`, over ? "" : `${count} / ${words.number(total)}`];
}
