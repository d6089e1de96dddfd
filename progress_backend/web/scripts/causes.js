// Failures of one cause as one group over the list of failed tasks: their number, their text and a button that runs
// them again together.
import { filtersOf } from "./address.js";
import { actOn, passing } from "./bulk_acts.js";
import { groupsOf } from "./cause.js";
import { button, element, redraw, say } from "./dom.js";
import { words } from "./page_words.js";
import { outcomeOf, sureAgain } from "./selection.js";
import { errorOf } from "./translated.js";

const MOST_READ = 200;
const PAUSE_MS = 5_000;
const LONGEST_MS = 1_000;

export function makeCauses(place, acted) {
  const rows = element("ul");
  const report = element("p", { className: "report", role: "status" });
  let [of, found, busy, nextMs] = ["", [], null, false, 0];
  place.ariaLabel = words.oneCause;
  place.append(rows, report);

  async function runAgain(tasks) {
    const ids = tasks.map(({ task_id: id }) => id);
    const types = [...new Set(tasks.map(({ task_type: type }) => type))];
    if (busy || !(await sureAgain(ids.length, types))) return;
    busy = true;
    const result = await actOn({ ids }, "again");
    busy = false;
    say(report, outcomeOf(result));
    nextMs = 0;
    acted();
  }

  function rowOf([text, tasks]) {
    const row = element("li", "", element("b", "", `${words.number(tasks.length)} ×`), " ", text);
    const { readOnly, start } = document.body.dataset;
    if (start && !readOnly) {
      const again = button("", () => runAgain(tasks), words.againAll);
      again.ariaLabel = `${words.againAll}: ${text}`;
      row.append(" ", again);
    }
    return row;
  }

  const filterOf = ({ status, ...chosen }) =>
    status === "error" ? Object.fromEntries(filtersOf({ status, ...chosen })) : null;

  // Reads the failures that the filters find. The list waits for this, but not for long, so that both appear together.
  function read(chosen) {
    const filter = filterOf(chosen);
    const key = JSON.stringify(filter);
    if (!filter || (key === of && performance.now() < nextMs)) return null;
    if (key !== of) [of, found] = [key, []];
    nextMs = performance.now() + PAUSE_MS;
    const taken = passing(filter, ["error"], MOST_READ).then(([tasks]) => {
      if (key === of) found = [...tasks.values()].slice(0, MOST_READ);
    });
    return Promise.race([taken, new Promise((waited) => setTimeout(waited, LONGEST_MS))]);
  }

  function show(chosen) {
    if (JSON.stringify(filterOf(chosen)) !== of) {
      [of, found] = ["", []];
      say(report, "");
    }
    const groups = groupsOf(found, (task) => errorOf(task, words));
    const ids = groups.map(([text, tasks]) => [text, tasks.map(({ task_id: id }) => id)]);
    place.hidden = !groups.length && !report.textContent;
    redraw(rows, ids, () => groups.map(rowOf));
  }

  return { read, show };
}
