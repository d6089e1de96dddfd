export declare class TaskProgress extends HTMLElement {
  /** The newest record; null before the first. A page that has a record sets it. */
  record: Record<string, unknown> | null;
}
declare global {
  interface HTMLElementTagNameMap {
    "task-progress": TaskProgress;
  }
}
