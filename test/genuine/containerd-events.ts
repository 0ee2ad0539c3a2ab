/** What a genuine containerd tells of its tasks, as `ctr events` prints it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { shellEnvironment } from "../harness/run-program.ts";
import type { GenuineContainerd } from "./containerd.ts";

/** Listens from its making on. A line is `TIME NAMESPACE TOPIC JSON`; the time is left out. */
export class ContainerdEvents {
  readonly #ctr: ChildProcess;
  #lines: string[] = [];

  constructor(containerd: Pick<GenuineContainerd, "address">) {
    this.#ctr = spawn("ctr", [...containerd.address, "events"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: shellEnvironment(),
    });
    createInterface(this.#ctr.stdout!).on("line", (line) => this.#lines.push(line.replace(/^.*? UTC /, "")));
  }

  /** The topics of tasks, in the order of their events. */
  get topics(): string[] {
    return this.#lines.map(topicOf).filter((topic) => topic.startsWith("/tasks/"));
  }

  /** Those of one container. */
  topicsOf(containerId: string): string[] {
    return this.#lines.filter((line) => line.includes(`"container_id":"${containerId}"`)).map(topicOf);
  }

  /** All that was told: `NAMESPACE TOPIC JSON`, in the order of the events. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Waits for a line with this text. */
  async waitFor(text: string): Promise<void> {
    while (!this.#lines.some((line) => line.includes(text))) await once(this.#ctr.stdout!, "data");
  }

  async stop(): Promise<void> {
    this.#ctr.kill();
    await once(this.#ctr, "exit");
  }
}

function topicOf(line: string): string {
  return line.split(" ")[1]!;
}
