// Rows in the order of what is shown, changed in place: a bar moves on, and what has the focus keeps it.
import { button, element, say } from "./dom.js";
import { normalized } from "./task.js";

// Who stood in a row that leaves goes on from the next one that stays, or the one before, or from `last`.
export function makeRows(parent, make, last = null) {
  const rows = new Map(); // id -> row: its element, show(item, words) and focus()

  function draw(shown, words) {
    const held = document.activeElement;
    const next = drop(shown);
    let place = parent.firstElementChild;
    for (const [id, item] of shown) {
      const row = rows.get(id) ?? make(item);
      rows.set(id, row);
      row.show(item, words);
      if (row.element === place) place = place.nextElementSibling;
      else parent.insertBefore(row.element, place);
    }
    if (next) next.focus();
    // An element that is moved loses the focus.
    else if (held !== document.activeElement && parent.contains(held))
      held.focus({ preventScroll: true });
  }

  // Takes away those that are shown no more: who goes on in place of one that had the focus.
  function drop(shown) {
    const gone = [...rows].filter(([id]) => !shown.has(id));
    const staying = new Map();
    for (const [id, row] of rows)
      if (shown.has(id) && !row.element.hidden) staying.set(row.element, row);
    const left = gone.find(([, row]) => row.element.contains(document.activeElement))?.[1].element;
    const next =
      left &&
      (near(left, "nextElementSibling", staying) ??
        near(left, "previousElementSibling", staying) ??
        last);
    for (const [id, row] of gone) {
      row.element.remove();
      rows.delete(id);
    }
    return next;
  }

  return { draw, get: (id) => rows.get(id), all: () => [...rows.values()] };
}

function near(element, way, staying) {
  for (let one = element[way]; one; one = one[way]) if (staying.has(one)) return staying.get(one);
  return null;
}

// Counts connections: what came by an earlier one may be of a store that came back older.
let epoch = 0;

export function connectedAnew() {
  epoch += 1;
}

// The key of a row: a task's id, or a line feed and a workflow's, which may be that of one of its tasks.
export const keyOf = (item) => (item.workflow_id ? `\n${item.workflow_id}` : item.task_id);

// Tasks and workflows as they were read, or received since then.
export function makeItems() {
  const items = { shown: new Map(), take, replace, receive };

  // `kept`: keys of those that stay, read again or not.
  function take(read, now, kept = []) {
    const known = items.shown;
    items.shown = new Map(
      read.map((item) => [keyOf(item), newer(normalized(item, now), known.get(keyOf(item)))]),
    );
    for (const key of kept)
      if (known.has(key) && !items.shown.has(key)) items.shown.set(key, known.get(key));
  }

  function newer(read, known) {
    const later = known && known.created_at === read.created_at && known.revision > read.revision;
    return later && known.epoch === epoch ? known : read;
  }

  // What an act was answered with.
  function replace(item) {
    if (items.shown.has(keyOf(item))) items.shown.set(keyOf(item), normalized(item));
  }

  // Takes a message: the task if that is a newer state of one that is shown; and whether the list of
  // tasks has changed by it.
  function receive(message) {
    const known = items.shown.get(message.task_id);
    // Of another creation it is another record: the store was emptied, or the id published again.
    const another = known && message.created_at !== known.created_at;
    let task = null;
    if (known && (another || message.revision > known.revision)) {
      task = { ...known, ...normalized(message), epoch };
      items.shown.set(task.task_id, task);
    }
    const changed =
      !known || another || known.status !== message.status || message.revision < known.revision;
    return { task, changed };
  }

  return items;
}

// Which page of a list is shown, and buttons to turn to the others where there are any.
export function makePages(turn) {
  const newer = button("", () => turn(-1));
  const text = element("span");
  const older = button("", () => turn(1));

  // `pages` is null where they have no numbers; `more` says whether one follows; `all` how many rows there are;
  // `known` is false while another page is read.
  function show({ page, pages, more, all, known = true }, words) {
    const many = page > 1 || more;
    say(text, [many && words.paging(page, pages), all].filter(Boolean).join(" · "));
    say(newer, words.newer);
    say(older, words.older);
    newer.hidden = older.hidden = !many;
    if (!known) return;
    // Who has turned to the last page by the keyboard goes on from the button that leads back.
    const held = document.activeElement;
    newer.disabled = page <= 1;
    older.disabled = !more;
    if (held === newer && newer.disabled) older.focus();
    if (held === older && older.disabled) newer.focus();
  }

  return { newer, text, older, show };
}
