// The tasks that match the filter as a CSV file for a spreadsheet.
import { passing } from "./bulk_acts.js";
import { saveAs } from "./save.js";
import { STATUSES } from "./words.js";

const COLUMNS = [
  ...["task_id", "task_type", "symbol", "owner", "status", "created_at", "start_time", "end_time"],
  ...["processing_time_ms", "current", "total", "current_status", "error_message"],
];
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const EXCEL_READS_UTF8 = "\ufeff";

// A spreadsheet would calculate a text that begins like a formula.
function cell(value) {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : (value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Saves the newest MOST tasks. Returns why it was not possible, else an empty text.
export async function saveList(filter) {
  const [found, why] = await passing(filter, STATUSES);
  const rows = [...found.values()].map((task) =>
    COLUMNS.map((name) => cell(task[name] ?? task.progress?.[name])),
  );
  const text = [COLUMNS, ...rows].map((row) => `${row.join(",")}\r\n`).join("");
  if (!why) saveAs("tasks.csv", EXCEL_READS_UTF8 + text, "text/csv");
  return why;
}
