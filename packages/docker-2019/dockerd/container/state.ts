/**
 * What has become of a container, and who waits for that.
 *
 *     created ─▶ running ⇄ paused
 *                 │  ▲
 *                 ▼  │ start, or restart policy (restarting)
 *               exited ─▶ removed
 */
import type { Health } from "../../engine-api/container.ts";
import { humanDuration } from "../../human-duration.ts";

/** As config.v2.json and `docker inspect` have it. Times are RFC 3339; a zero time is Go's. */
export interface StateRecord {
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  RemovalInProgress: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  /** Only of a container that is checked. */
  Health?: Health;
}

export const ZERO_TIME = "0001-01-01T00:00:00Z";

const FRESH: StateRecord = {
  Running: false,
  Paused: false,
  Restarting: false,
  OOMKilled: false,
  RemovalInProgress: false,
  Dead: false,
  Pid: 0,
  ExitCode: 0,
  Error: "",
  StartedAt: ZERO_TIME,
  FinishedAt: ZERO_TIME,
};

/** What somebody waits for. */
export type WaitCondition = "not-running" | "next-exit" | "removed";

/** How a wait ends. `error` is why it could not be started, if that is what happened. */
export interface WaitResult {
  readonly exitCode: number;
  readonly error?: string;
}

export type Status = "created" | "running" | "paused" | "restarting" | "removing" | "exited" | "dead";

export class State {
  readonly record: StateRecord;
  readonly #stopWaiters = new Set<(result: WaitResult) => void>();
  readonly #removalWaiters = new Set<(result: WaitResult) => void>();
  #isRemoved = false;

  constructor(record: Partial<StateRecord> = {}) {
    this.record = { ...FRESH, ...record };
  }

  get isRunning(): boolean {
    return this.record.Running;
  }

  get isPaused(): boolean {
    return this.record.Paused;
  }

  get isRestarting(): boolean {
    return this.record.Restarting;
  }

  get status(): Status {
    const { Running, Paused, Restarting, RemovalInProgress, Dead, StartedAt } = this.record;
    if (Restarting) return "restarting";
    if (Running) return Paused ? "paused" : "running";
    if (RemovalInProgress) return "removing";
    if (Dead) return "dead";
    return StartedAt === ZERO_TIME ? "created" : "exited";
  }

  /** `Up 5 minutes (Paused)`, `Exited (1) 2 hours ago`. */
  get description(): string {
    const { Running, Paused, Restarting, RemovalInProgress, Dead, ExitCode, StartedAt, FinishedAt } = this.record;
    const since = (time: string) => humanDuration(Date.now() - Date.parse(time));
    if (Restarting) return `Restarting (${ExitCode}) ${since(FinishedAt)} ago`;
    if (Running) return `Up ${since(StartedAt)}${Paused ? " (Paused)" : this.#healthText}`;
    if (RemovalInProgress) return "Removal In Progress";
    if (Dead) return "Dead";
    if (StartedAt === ZERO_TIME) return "Created";
    return FinishedAt === ZERO_TIME ? "" : `Exited (${ExitCode}) ${since(FinishedAt)} ago`;
  }

  /** ` (healthy)`, ` (health: starting)`; nothing for one that isn't checked. */
  get #healthText(): string {
    const { Status } = this.record.Health ?? {};
    if (Status === undefined) return "";
    return Status === "starting" ? " (health: starting)" : ` (${Status})`;
  }

  setRunning(pid: number): void {
    Object.assign(this.record, {
      ...FRESH,
      Running: true,
      Pid: pid,
      StartedAt: now(),
      FinishedAt: this.record.FinishedAt,
    });
  }

  /** Nobody checks the health of one that is paused, so it counts as ill until somebody has. */
  setPaused(): void {
    this.record.Paused = true;
    if (this.record.Health) this.record.Health = { ...this.record.Health, Status: "unhealthy" };
  }

  /** It has ended. @param restarting - And will be started again, by its policy. */
  setStopped({ status, at }: { readonly status: number; readonly at: Date }, restarting: boolean): void {
    const { OOMKilled, StartedAt, Health } = this.record;
    Object.assign(this.record, {
      ...FRESH,
      OOMKilled,
      StartedAt,
      Restarting: restarting,
      Running: restarting, // as the original has it: a client must not take it for removable
      ExitCode: status,
      FinishedAt: at.toISOString(),
      ...(Health && { Health: { ...Health, Status: "unhealthy" } }),
    });
    this.#tellStopped({ exitCode: status });
  }

  /** It could not be started. Who waits for the end of what has not begun goes on waiting, but not who waits for a restart's. */
  setFailed(exitCode: number, error: string): void {
    const wasRunning = this.isRunning;
    Object.assign(this.record, { ...FRESH, StartedAt: this.record.StartedAt, ExitCode: exitCode, Error: error });
    if (wasRunning) this.#tellStopped({ exitCode, error });
  }

  setRemoved(): void {
    const result = { exitCode: this.record.ExitCode }; // nothing has failed: it was to be removed, and it was
    this.#isRemoved = true;
    this.#tellStopped(result);
    tell(this.#removalWaiters, result);
  }

  /** Resolves when that has come about. @param signal - Whoever waits has gone: the promise is forgotten, and does not settle. */
  wait(condition: WaitCondition, signal?: AbortSignal): Promise<WaitResult> {
    const isMet = condition === "removed" ? this.#isRemoved : condition === "not-running" && !this.isRunning;
    if (isMet) return Promise.resolve({ exitCode: this.record.ExitCode });
    const waiters = condition === "removed" ? this.#removalWaiters : this.#stopWaiters;
    return new Promise((resolve) => {
      if (signal?.aborted) return;
      waiters.add(resolve);
      signal?.addEventListener("abort", () => waiters.delete(resolve), { once: true });
    });
  }

  #tellStopped(result: WaitResult): void {
    tell(this.#stopWaiters, result);
  }
}

/** Who has been told waits no more. */
function tell(waiters: Set<(result: WaitResult) => void>, result: WaitResult): void {
  for (const resolve of waiters) resolve(result);
  waiters.clear();
}

function now(): string {
  return new Date().toISOString();
}
