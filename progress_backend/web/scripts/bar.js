// The progress bar of a task or workflow.
import { element } from "./dom.js";

export function makeBar() {
  const fill = element("i");
  const failed = element("i", "failed"); // the part of a workflow's failed tasks
  const track = element("div", { role: "progressbar", ariaValueMin: 0, ariaValueMax: 100 }, fill);

  function show(item, label) {
    const { current, total, percentage } = item.progress;
    const unknown = !total && item.status === "running";
    track.className = `bar ${item.status} ${unknown ? "unknown" : ""}`;
    track.hidden = !current && (item.status === "created" || (!total && Boolean(item.end_time)));
    const failedShare = item.counts?.error && total ? (item.counts.error / total) * 100 : 0;
    if (item.counts && !failed.parentNode) track.prepend(failed);
    failed.style.width = `${Math.min(failedShare, 100 - percentage)}%`;
    fill.style.width = `${percentage}%`;
    fill.style.minWidth = current > 0 && (!failedShare || percentage) ? "4px" : "0"; // less than 1 % is visible, too
    track.ariaLabel = label;
    track.ariaValueNow = unknown ? null : percentage;
  }

  return { element: track, show };
}
