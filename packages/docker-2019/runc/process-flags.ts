/** Flags of all commands that start a process: what it inherits, and how the caller hears of it. */
import type { Flags } from "./command.ts";

export const PROCESS_FLAGS = {
  "console-socket": {
    type: "string",
    description:
      "path to an AF_UNIX socket which will receive a file descriptor referencing the master end of the console's pseudoterminal",
  },
  "pidfd-socket": {
    type: "string",
    description: "path to an AF_UNIX socket which will receive a file descriptor referencing the container's process",
  },
  "pid-file": { type: "string", description: "specify the file to write the process id to" },
  "preserve-fds": {
    type: "number",
    default: 0,
    description: "Pass N additional file descriptors to the container (stdio + $LISTEN_FDS + N in total)",
  },
} as const satisfies Flags;
