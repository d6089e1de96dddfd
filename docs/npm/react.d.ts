// The tags in React's JSX: a file of its own, since without React's types this is an error.
import type { ClassAttributes, HTMLAttributes } from "react";
import type { TaskList } from "./task-list.js";
import type { TaskProgress } from "./task-progress.js";
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "task-progress": HTMLAttributes<TaskProgress> &
        ClassAttributes<TaskProgress> & {
          "task-id"?: string;
          "workflow-id"?: string;
          base?: string;
          token?: string;
          cancellable?: boolean;
          label?: string;
          "error-text"?: "plain";
          size?: "small" | "inline";
        };
      "task-list": HTMLAttributes<TaskList> &
        ClassAttributes<TaskList> & {
          owner?: string;
          base?: string;
          token?: string;
          limit?: number;
          cancellable?: boolean;
          "error-text"?: "plain";
        };
    }
  }
}
