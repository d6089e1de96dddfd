// One task as a table row. Text goes in as text, never as HTML.
import { clock } from "./words.js";

function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

// A record (from the list) and a message (from the socket) name two things differently.
export function normalized(task) {
  return { ...task, said: task.message ?? task.current_status ?? "", at: task.timestamp ?? task.updated_at };
}

function timeText(task, words) {
  if (task.status === "running" && task.estimated_completion && task.at) {
    return words.leftOf(clock((Date.parse(task.estimated_completion) - Date.parse(task.at)) / 1000));
  }
  return task.processing_time_ms != null && task.end_time
    ? words.took(clock(task.processing_time_ms / 1000)) : "–";
}

function rateText(task, words) {
  const rate = task.processing_details?.processing_rate;
  return rate ? String(rate).replace(/^([\d.]+) items\/sec$/, (_, n) => words.rateOf(n)) : "–";
}

function bar(task) {
  const { current, total, percentage } = task.progress;
  const fill = element("i");
  fill.style.width = `${percentage}%`;
  const track = element("div", "bar", fill);
  track.setAttribute("role", "progressbar");
  track.setAttribute("aria-label", task.symbol ?? task.task_type);
  track.setAttribute("aria-valuenow", percentage);
  track.setAttribute("aria-valuemin", 0);
  track.setAttribute("aria-valuemax", 100);
  const figures = total == null ? String(current) : `${percentage}%  ${current}/${total}`;
  return element("td", `progress ${task.status}`, track, element("span", "figures", figures));
}

export function row(task, words, act) {
  const message = element("td", "message", task.said);
  if (task.status === "error" && task.error_message) message.append(element("small", "", task.error_message));
  const actions = element("td", "actions");
  const offered = { created: ["cancel"], running: ["pause", "cancel"], paused: ["resume", "cancel"] };
  for (const name of offered[task.status] ?? []) {
    const button = element("button", "", words[name]);
    button.type = "button";
    button.dataset.action = name;
    button.onclick = () => act(name, task);
    actions.append(button);
  }
  const made = element("tr", "",
    element("td", `status ${task.status}`, words[task.status] ?? task.status),
    element("td", "task", element("strong", "", [task.task_type, task.symbol].filter(Boolean).join(" ")),
      element("code", "", task.task_id)),
    bar(task),
    element("td", "number", rateText(task, words)),
    element("td", "number", timeText(task, words)),
    message, actions);
  made.dataset.taskId = task.task_id;
  made.dataset.status = task.status;
  return made;
}
