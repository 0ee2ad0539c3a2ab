/**
 * A client that has one container after another, and remembers what dockerd has acknowledged of it. When an answer fails to come, or says that
 * dockerd could not do it, anything may be true of the container, and it is removed.
 *
 *     absent ──create──▶ stopped ◀──stop── running ──remove──▶ absent
 *                           └─────start──────▶┘
 */
import { type EngineAnswer, engineRequest } from "../../harness/engine-request.ts";

type Known = "absent" | "stopped" | "running" | "unknown";

/** A request, the status that it has to have, and what is known then. */
interface Move {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly expected: readonly number[];
  readonly leadsTo: Known;
  /** What an answer must not say. @returns The complaint. */
  readonly check?: (answer: EngineAnswer) => string | undefined;
}

const SERVER_ERROR = 500;
const REQUEST = { Image: "busybox", Cmd: ["sleep", "1000000"], HostConfig: { NetworkMode: "none" } };

export class Owner {
  readonly complaints: string[] = [];
  /** Requests without an answer, or with one that dockerd could not do it. */
  unanswered = 0;
  readonly #socket: string;
  readonly #prefix: string;
  readonly #next: () => number;
  #generation = 0;
  #known: Known = "absent";

  /** @param prefix - Of its containers' names. @param next - A random number below 1. */
  constructor(socket: string, prefix: string, next: () => number) {
    this.#socket = socket;
    this.#prefix = prefix;
    this.#next = next;
  }

  get #name(): string {
    return `${this.#prefix}-${this.#generation}`;
  }

  /** The container that is acknowledged; undefined if there is none. */
  get acknowledged(): string | undefined {
    return this.#known === "stopped" || this.#known === "running" ? this.#name : undefined;
  }

  /** Whether one may be there that is not acknowledged. */
  get isUnsure(): boolean {
    return this.#known === "unknown";
  }

  /** Makes a request. */
  async step(): Promise<void> {
    const moves = this.#moves();
    const move = moves[Math.floor(this.#next() * moves.length)]!;
    const answer = await this.#ask(move);
    if (answer === undefined || answer.status >= SERVER_ERROR) {
      this.unanswered++;
      this.#known = "unknown";
      return;
    }
    this.#judge(move, answer);
    if (move.leadsTo === "absent") this.#generation++;
    this.#known = move.leadsTo;
  }

  #ask({ method, path, body }: Move): Promise<EngineAnswer | undefined> {
    return engineRequest(this.#socket, method, `/v1.40${path}`, body).catch(() => undefined);
  }

  #judge({ method, path, expected, check }: Move, answer: EngineAnswer): void {
    const about = `${method} ${path} of a container that is ${this.#known}`;
    if (!expected.includes(answer.status))
      this.complaints.push(`${about}: ${answer.status} ${JSON.stringify(answer.body)}`);
    else {
      const complaint = check?.(answer);
      if (complaint !== undefined) this.complaints.push(`${about}: ${complaint}`);
    }
  }

  #moves(): Move[] {
    const path = `/containers/${this.#name}`;
    const list: Move = { method: "GET", path: "/containers/json?all=1", expected: [200], leadsTo: this.#known };
    const inspect: Move = { method: "GET", path: `${path}/json`, expected: [200], leadsTo: this.#known };
    const remove: Move = { method: "DELETE", path: `${path}?force=1`, expected: [204], leadsTo: "absent" };
    const start: Move = { method: "POST", path: `${path}/start`, expected: [204], leadsTo: "running" };
    const create: Move = {
      method: "POST",
      path: `/containers/create?name=${this.#name}`,
      body: REQUEST,
      expected: [201],
      leadsTo: "stopped",
    };
    switch (this.#known) {
      case "absent":
        return [create, { ...list, check: (answer) => (this.#isIn(answer) ? "it is listed" : undefined) }];
      case "stopped":
        return [start, start, remove, inspect, { ...list, check: this.#isMissing }];
      case "running":
        return [
          { method: "POST", path: `${path}/stop?t=0`, expected: [204], leadsTo: "stopped" },
          remove,
          { ...inspect, check: ({ body }) => (body.State.Running ? undefined : JSON.stringify(body.State)) },
          { ...list, check: this.#isMissing },
        ];
      case "unknown":
        return [{ ...remove, expected: [204, 404] }];
    }
  }

  readonly #isMissing = (answer: EngineAnswer): string | undefined =>
    this.#isIn(answer) ? undefined : "it is not listed";

  #isIn({ body }: EngineAnswer): boolean {
    return (body as { Names: string[] }[]).some(({ Names }) => Names.includes(`/${this.#name}`));
  }
}
