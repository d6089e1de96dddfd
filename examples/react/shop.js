import { createElement, useEffect, useRef, useState } from "react";
import { createRoot } from "react-dom/client";

/** One task's bar; `onEnd` gets its record, once. */
function TaskProgress({ id, onEnd }) {
  const bar = useRef(null);
  useEffect(() => {
    const element = bar.current;
    const ended = (event) => onEnd(event.detail);
    element.addEventListener("end", ended);
    return () => element.removeEventListener("end", ended);
  }, [onEnd]);
  return createElement("task-progress", { "task-id": id, ref: bar });
}

function Shop() {
  const [id, setId] = useState(null);
  const [record, setRecord] = useState(null);
  const start = async () => {
    const answer = await fetch("/start", { method: "POST" });
    setId((await answer.json()).task_id);
  };
  return createElement(
    "main",
    null,
    createElement("button", { onClick: start }, "Export"),
    id && createElement(TaskProgress, { id, onEnd: setRecord }),
    createElement("output", null, record?.status),
  );
}

createRoot(document.querySelector("#app")).render(createElement(Shop));
