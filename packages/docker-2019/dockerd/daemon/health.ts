/**
 * Health checks: a program that is run in a container again and again, and by its exit codes the container's health.
 *
 *     starting ─ exit 0 ─▶ healthy ⇄ unhealthy      unhealthy: so many failures in a row as `Retries` says;
 *        └──────────────────────────────▲           those of the start period don't count before the first success
 *
 * @see https://docs.docker.com/engine/reference/builder/#healthcheck
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/health.go
 */
import { formatElapsed } from "../../duration.ts";
import type { Health, HealthcheckResult } from "../../engine-api/container.ts";
import type { ContainerConfig, HealthConfig } from "../../engine-api/container-config.ts";
import type { ExecCreateRequest } from "../../engine-api/exec.ts";
import type { Container } from "../container/container.ts";
import type { OutputListener } from "../container/stream-config.ts";
import { log } from "../log.ts";
import { happensWithin, longDelay } from "../long-delay.ts";
import type { Daemon } from "./daemon.ts";
import { createExec, startExec } from "./exec.ts";

const NS_PER_MS = 1e6;
const DEFAULT_INTERVAL_MS = 30_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 3;
const DEFAULT_SHELL = ["/bin/sh", "-c"];
/** Results that are kept, and bytes of what a check prints. */
const MAX_RESULTS = 5;
const MAX_OUTPUT_BYTES = 4096;
const SIGKILL = 9;

/** Checks a container's health from now until it ends, if it has a check. */
export function watchHealth(daemon: Daemon, container: Container): void {
  const { Healthcheck } = container.config;
  const command = checkCommand(container.config);
  if (!Healthcheck || command === undefined) return;
  const { record } = container.state;
  record.Health = { Status: "starting", FailingStreak: 0, Log: [] };
  void watch(daemon, container, Healthcheck, command).catch((error) =>
    log("error", `health of ${container.id}: ${error}`),
  );
}

/** @returns Undefined when there is nothing to check. */
function checkCommand({ Healthcheck, Shell }: ContainerConfig): readonly string[] | undefined {
  const [kind, ...words] = Healthcheck?.Test ?? [];
  if (kind === "CMD") return words;
  return kind === "CMD-SHELL" ? [...(Shell ?? DEFAULT_SHELL), ...words] : undefined;
}

async function watch(
  daemon: Daemon,
  container: Container,
  config: HealthConfig,
  command: readonly string[],
): Promise<void> {
  const { state } = container;
  const { StartedAt } = state.record;
  const isSameRun = () => state.isRunning && state.record.StartedAt === StartedAt;
  const ended = new AbortController();
  void state.wait("not-running").then(() => ended.abort());
  while (isSameRun()) {
    await longDelay(milliseconds(config.Interval) || DEFAULT_INTERVAL_MS, ended.signal);
    if (!isSameRun()) return;
    if (state.isPaused) continue;
    const result = await check(daemon, container, command, milliseconds(config.Timeout) || DEFAULT_TIMEOUT_MS);
    if (isSameRun() && !state.isPaused) note(daemon, container, config, result);
  }
}

const milliseconds = (ns = 0) => ns / NS_PER_MS;

async function check(
  daemon: Daemon,
  container: Container,
  command: readonly string[],
  timeoutMs: number,
): Promise<HealthcheckResult> {
  const Start = new Date().toISOString();
  const output = new FirstBytes();
  let exec: ReturnType<typeof createExec> | undefined;
  try {
    exec = createExec(daemon, container, requestOf(container, command));
    exec.streams.add(output);
    await startExec(daemon, exec);
    const { id, ended } = exec;
    if (await happensWithin(timeoutMs, ended))
      return { Start, End: new Date().toISOString(), ExitCode: exec.exitCode ?? -1, Output: output.text };
    await daemon.containerd.kill(container.id, SIGKILL, id).catch(() => {}); // it has just ended
    const Output = `Health check exceeded timeout (${formatElapsed(timeoutMs)})`;
    return { Start, End: new Date().toISOString(), ExitCode: -1, Output };
  } catch (error) {
    return { Start, End: new Date().toISOString(), ExitCode: -1, Output: (error as Error).message };
  } finally {
    if (exec !== undefined) void forget(daemon, exec);
  }
}

/** Nobody will ask for the exec by its ID. */
async function forget(daemon: Daemon, exec: ReturnType<typeof createExec>): Promise<void> {
  await exec.ended;
  daemon.execs.delete(exec.id);
}

function requestOf({ config: { User = "", Env, WorkingDir } }: Container, Cmd: readonly string[]): ExecCreateRequest {
  const attached = { AttachStdin: false, AttachStdout: true, AttachStderr: true, Detach: false, DetachKeys: "" };
  return { ...attached, User, Privileged: false, Tty: false, Env: Env ?? [], Cmd, ...(WorkingDir && { WorkingDir }) };
}

function note(daemon: Daemon, container: Container, config: HealthConfig, result: HealthcheckResult): void {
  const { record } = container.state;
  const before = record.Health ?? { Status: "starting", FailingStreak: 0, Log: [] };
  const isStarting = before.Status === "starting";
  const sinceStartMs = Date.parse(result.Start) - Date.parse(record.StartedAt);
  const isForgiven = isStarting && sinceStartMs < milliseconds(config.StartPeriod);
  const isWell = result.ExitCode === 0;
  const FailingStreak = isWell ? 0 : before.FailingStreak + (isForgiven ? 0 : 1);
  const isIll = FailingStreak >= (config.Retries || DEFAULT_RETRIES);
  const Status: Health["Status"] = isWell ? "healthy" : isIll ? "unhealthy" : before.Status;
  record.Health = { Status, FailingStreak, Log: [...(before.Log ?? []), result].slice(-MAX_RESULTS) };
  container.save();
  if (Status !== before.Status) daemon.publish(`health_status: ${Status}`, container);
}

/** Keeps what a check prints first. */
class FirstBytes implements OutputListener {
  text = "";

  write(chunk: Buffer): boolean {
    if (this.text.length < MAX_OUTPUT_BYTES) this.text = (this.text + chunk.toString()).slice(0, MAX_OUTPUT_BYTES);
    return true;
  }

  caughtUp(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {}
}
