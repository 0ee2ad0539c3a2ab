/**
 * A containerd of dockerd's own: started with it, watched, started again when it dies; the containers do not notice.
 *
 *     <exec-root>/containerd/containerd.sock        its socket
 *                           /daemon                 its state
 *     <data-root>/containerd/daemon                 its root
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { socketAnswers } from "@eras/linux/socket-answers.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { containerdDir, type Roots } from "../paths.ts";

const PROGRAM = resolve(import.meta.dirname, "../../../../bin/containerd-2019");
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;
/** Between looks whether it answers, and before one that has died is started again. */
const PAUSE_MS = 20;

export class ContainerdSupervisor {
  readonly address: string;
  readonly #roots: Roots;
  #child: ChildProcess | undefined;
  #isStopping = false;

  constructor(roots: Roots) {
    this.#roots = roots;
    this.address = join(containerdDir(roots), "containerd.sock");
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it, and resolves when it answers. @throws {Unavailable} When it does not. */
  async start(): Promise<void> {
    const { dataRoot } = this.#roots;
    const dir = containerdDir(this.#roots);
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    await this.#endForgotten();
    const args = [
      "--root",
      join(dataRoot, "containerd/daemon"),
      "--state",
      join(dir, "daemon"),
      "--address",
      this.address,
    ];
    const child = spawn(PROGRAM, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
    this.#child = child;
    const ended = once(child, "exit").catch(() => {}); // rejects when it can't even be begun
    void ended.then(() => this.#ended(child));
    const answers = untilAnswers(this.address, START_TIMEOUT_MS);
    if ((await Promise.race([answers, ended.then(() => false)])) === false)
      throw new Unavailable(`Cannot start containerd: ${PROGRAM} does not answer on ${this.address}`);
  }

  /** That of a dockerd that was killed would run on, and nobody would watch it. Its shims live on. */
  async #endForgotten(): Promise<void> {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      if (!isServing(pid, this.address)) continue;
      process.kill(Number(pid), "SIGTERM");
      while (isServing(pid, this.address)) await delay(PAUSE_MS);
    }
  }

  /** Ends it; its shims live on. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    const patience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(patience);
  }

  async #ended(child: ChildProcess): Promise<void> {
    if (this.#isStopping || this.#child !== child) return;
    await delay(PAUSE_MS);
    if (!this.#isStopping) await this.start().catch(() => {}); // its end comes here again
  }
}

/** Whether a process is a containerd that was told to serve there. Another one may have the same path in a file system of its own. */
function isServing(pid: string, address: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const isContainerd = words.some((word) => word.endsWith("docker-2019/containerd/main.ts"));
    const isToldSo = isContainerd && words[words.indexOf("--address") + 1] === address;
    const dir = realpathSync(dirname(address)); // a link to an absolute path leads from the other's root back to ours
    return isToldSo && isSameDirectory(dir, `/proc/${pid}/root${dir}`);
  } catch {
    return false; // it has ended meanwhile
  }
}

function isSameDirectory(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

async function untilAnswers(address: string, timeoutMs: number): Promise<boolean> {
  for (const end = performance.now() + timeoutMs; performance.now() < end; await delay(PAUSE_MS)) {
    if (await socketAnswers(address)) return true;
  }
  return false;
}
