/**
 * What a process is in the middle of, and what may not be asked of it then. The words are those that containerd's clients know.
 *
 *     created ──start──▶ running ──▶ stopped ──delete──▶ gone
 *        │               ↕     ↑
 *        │             paused  │     a container's first process alone
 *        └── delete            └ or with the end of the container, also from paused
 */
import { Unknown } from "@eras/oci-spec/errdefs.ts";
import { Status } from "../proto/gen/process_pb.ts";

export type State = "created" | "running" | "paused" | "stopped";

/** As the task service says it. */
export const STATUS: Readonly<Record<State, Status>> = {
  created: Status.CREATED,
  running: Status.RUNNING,
  paused: Status.PAUSED,
  stopped: Status.STOPPED,
};

const REFUSALS = {
  start: {
    running: "cannot start a running process",
    paused: "cannot start a paused process",
    stopped: "cannot start a stopped process",
  },
  delete: { running: "cannot delete a running process", paused: "cannot delete a paused process" },
  exec: { paused: "cannot exec in a paused state", stopped: "cannot exec in a stopped state" },
  pause: {
    created: "cannot pause task in created state",
    paused: "cannot pause a paused container",
    stopped: "cannot pause a stopped container",
  },
  resume: {
    created: "cannot resume task in created state",
    running: "cannot resume a running process",
    stopped: "cannot resume a stopped container",
  },
  update: { stopped: "cannot update a stopped container" },
  checkpoint: {
    created: "cannot checkpoint a task in created state",
    stopped: "cannot checkpoint a stopped container",
  },
} as const satisfies Record<string, Partial<Record<State, string>>>;

/** @throws {Unknown} When a process in this state can't do that. */
export function checkState(action: keyof typeof REFUSALS, state: State): void {
  const refusals: Partial<Record<State, string>> = REFUSALS[action];
  const refusal = refusals[state];
  if (refusal !== undefined) throw new Unknown(refusal);
}
