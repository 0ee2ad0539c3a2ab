/** A further process of a running container, made by `docker exec`: first it is described, then started, and for a while remembered. */
import type { ExecCreateRequest } from "../../engine-api/exec.ts";
import type { Container } from "./container.ts";
import { StreamConfig } from "./stream-config.ts";

export class Exec {
  readonly id: string;
  readonly container: Container;
  readonly config: ExecCreateRequest;
  readonly streams = new StreamConfig();
  pid = 0;
  isRunning = false;
  wasStarted = false;
  exitCode: number | undefined;
  /** A round of forgetting has found it ended: the next one forgets it. */
  isToBeForgotten = false;
  readonly #startDone = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(id: string, container: Container, config: ExecCreateRequest) {
    this.id = id;
    this.container = container;
    this.config = config;
  }

  /** Resolves when its start has succeeded or failed: its end may be told of before. */
  get startDone(): Promise<void> {
    return this.#startDone.promise;
  }

  setStartDone(): void {
    this.#startDone.resolve();
  }

  /** Resolves when it has ended and its output has been passed on. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  setEnded(exitCode: number): void {
    this.isRunning = false;
    this.exitCode = exitCode;
    this.#ended.resolve();
  }
}
