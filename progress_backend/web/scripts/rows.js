// Rows in the order of the shown items. They are updated in place, so that bars animate and the focus stays.
import { button, element, say } from "./dom.js";
import { joined, words } from "./page_words.js";
import { normalized } from "./task.js";

const SLIDE = { duration: 200, easing: "ease-out" };
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

// Rows that change their place slide there. When the focused row is removed, the next remaining row is focused, else the
// one before, else `last`.
export function makeRows(parent, make, last = null) {
  const rows = new Map(); // id -> row: its element, and show(item)
  let order = "";

  function draw(shown) {
    const focused = document.activeElement;
    const tops = topsBefore(String([...shown.keys()]));
    const before = [...parent.children];
    const at = before.findIndex((one) => one.contains(focused));
    for (const id of [...rows.keys()].filter((one) => !shown.has(one))) {
      rows.get(id).element.remove();
      rows.delete(id);
    }
    let place = parent.firstElementChild;
    for (const [id, item] of shown) {
      const row = rows.get(id) ?? make(item);
      rows.set(id, row);
      row.show(item);
      if (row.element === place) place = place.nextElementSibling;
      else parent.insertBefore(row.element, place);
    }
    const near = [...before.slice(at), ...before.slice(0, at).reverse()];
    const stays = (one) => one.isConnected && !one.hidden && !one.matches(".section");
    if (at >= 0 && !before[at].isConnected) (near.find(stays) ?? last)?.focus();
    // insertBefore() takes the focus from an element that it moves.
    else if (focused !== document.activeElement && parent.contains(focused))
      focused.focus({ preventScroll: true });
    for (const [one, top] of tops)
      if (one.isConnected && one.offsetTop !== top)
        one.animate({ transform: [`translateY(${top - one.offsetTop}px)`, "none"] }, SLIDE);
  }

  // The places of the rows, if their order changes.
  function topsBefore(now) {
    const moves = order && order !== now && !CALM.matches;
    order = now;
    return new Map(moves ? [...rows.values()].map(({ element: one }) => [one, one.offsetTop]) : []);
  }

  return { draw, get: (id) => rows.get(id), all: () => [...rows.values()] };
}

// Counts connections. Between two of them Redis may have been restored from an older state, so a higher revision than
// the read one counts only if it was received on the present connection.
let epoch = 0;

export function connectedAnew() {
  epoch += 1;
}

// A row's key: a task's id, or a line feed and a workflow's id, which may also be the id of one of its tasks.
export const keyOf = (item) => (item.workflow_id ? `\n${item.workflow_id}` : item.task_id);

// The shown tasks and workflows, as read or received.
export function makeItems() {
  const items = { shown: new Map(), take, replace, receive };

  // `kept`: the keys of items that stay even if they were not read again.
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

  // Takes the response to an act.
  function replace(item) {
    if (items.shown.has(keyOf(item))) items.shown.set(keyOf(item), normalized(item));
  }

  // Takes a WebSocket message. Returns `task`, if the message is a newer state of a shown one, and `changed`: whether
  // the list has to be read again.
  function receive(message) {
    const known = items.shown.get(message.task_id);
    // Another created_at means another record: Redis was emptied, or the id was published again.
    const another = known && message.created_at !== known.created_at;
    let task = null;
    if (known && (another || message.revision > known.revision)) {
      task = { ...known, ...normalized(message), epoch };
      items.shown.set(task.task_id, task);
    }
    const changed =
      !known ||
      another ||
      known.status !== message.status ||
      Boolean(known.warnings) !== Boolean(message.warnings) || // the front list begins with these
      message.revision < known.revision;
    return { task, changed };
  }

  return items;
}

// The number of the shown page, and the buttons to the other pages, which call turn(-1) and turn(1).
export function makePages(turn) {
  const newer = button("", () => turn(-1), words.newer);
  const text = element("span");
  const older = button("", () => turn(1), words.older);

  // `pages` is null if the pages are not numbered; `more`: a page follows; `all`: the text for the number of rows;
  // `known` is false while another page is read.
  function show({ page, pages, more, all, known = true }) {
    const many = page > 1 || more;
    say(text, joined(" · ", many && words.paging(page, pages), all));
    newer.hidden = older.hidden = !many;
    if (!known) return;
    // A disabled button loses the focus, so on the first and the last page the other button gets it.
    const focused = document.activeElement;
    newer.disabled = page <= 1;
    older.disabled = !more;
    if (focused === newer && newer.disabled) older.focus();
    if (focused === older && older.disabled) newer.focus();
  }

  return { newer, text, older, show };
}
