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
  readonly #ended = Promise.withResolvers<void>();

  constructor(id: string, container: Container, config: ExecCreateRequest) {
    this.id = id;
    this.container = container;
    this.config = config;
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
