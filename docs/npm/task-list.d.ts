export declare class TaskList extends HTMLElement {}
declare global {
  interface HTMLElementTagNameMap {
    "task-list": TaskList;
  }
}
