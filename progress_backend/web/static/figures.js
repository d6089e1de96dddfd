// The figures beside a bar.
// The share in percent, and the count; none where a task completed that had not counted
// to its end; and neither of one that has not begun.
export function figuresOf({ status, progress: { current, total, percentage } }, words) {
  if (status === "created" && !current) return ["", ""];
  const count = words.number(current);
  if (!total) return ["", current ? count : ""];
  const over = status === "completed" && current < total;
  return [`${percentage}%`, over ? "" : `${count} / ${words.number(total)}`];
}
