/** Whether a container runs, and how it ended. */
import { humanDurationSince } from "./human-duration.ts";

/** As config.json spells it. */
export interface StateRecord {
  readonly Running: boolean;
  /** Of lxc-start, as the host numbers it; not of the container's init. */
  readonly Pid: number;
  readonly ExitCode: number;
  /** RFC 3339. */
  readonly StartedAt: string;
}

/** Recorded when nobody saw how the container ended: lxc-start was killed itself, or ended while no daemon watched. */
export const UNKNOWN_EXIT_CODE = -1;

export class State implements StateRecord {
  Running = false;
  Pid = 0;
  ExitCode = 0;
  StartedAt = "0001-01-01T00:00:00Z"; // Go's zero time: never
  /** The container outlived the daemon that started it: we can end it, but no longer hear it. Not stored. */
  #ghost = false;

  /** @param record - As stored by an earlier daemon. */
  constructor(record?: StateRecord) {
    Object.assign(this, record);
  }

  get isGhost(): boolean {
    return this.#ghost;
  }

  setRunning(pid: number): void {
    this.Running = true;
    this.Pid = pid;
    this.ExitCode = 0;
    this.StartedAt = new Date().toISOString();
  }

  setGhost(pid: number): void {
    this.#ghost = true;
    this.Running = true;
    this.Pid = pid;
  }

  setStopped(exitCode: number): void {
    this.#ghost = false;
    this.Running = false;
    this.Pid = 0;
    this.ExitCode = exitCode;
  }

  /** For `ps`. */
  toString(): string {
    if (this.#ghost) return "Ghost";
    return this.Running ? `Up ${humanDurationSince(this.StartedAt)}` : `Exit ${this.ExitCode}`;
  }
}
