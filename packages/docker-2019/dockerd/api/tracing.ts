/** Requests as parts of traced runs: whoever asks may name one, and then hears what dockerd does for the answer. */
import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import { END_OF_ANSWER, LINK_KEY, type TellAnswer } from "@eras/trace/link.ts";
import { answerTraced } from "../../tracing.ts";
import type { Answerer, Hijacked } from "./call.ts";

const { STATUS_CODES } = process.getBuiltinModule("node:http");

/** What is answered here is a key. */
const SECRET = "/auth";

/** @param serve - Is given the answerer to use. */
export function serveTraced(
  { method, url = "/", headers }: IncomingMessage,
  answer: Answerer,
  serve: (answer: Answerer) => Promise<void>,
): Promise<void> {
  const link = headers[LINK_KEY];
  if (typeof link !== "string") return serve(answer);
  const call = { channel: "http", method: `${method} ${url}`, to: "dockerd" } as const;
  const tellsBodies = !url.split("?", 1)[0]!.endsWith(SECRET) && method !== "HEAD"; // which is answered without one
  return answerTraced(new Map([[LINK_KEY, link]]), call, (tell) =>
    serve(tell ? new TellingAnswerer(answer, tell, tellsBodies) : answer),
  );
}

/** Tells of an answer's head, of its body if that is whole and JSON, and of its end if it comes piece by piece. */
class TellingAnswerer implements Answerer {
  readonly #answer: Answerer;
  readonly #tell: TellAnswer;
  readonly #tellsBodies: boolean;
  /** An answer that comes piece by piece is under way. */
  #isOpen = false;

  constructor(answer: Answerer, tell: TellAnswer, tellsBodies: boolean) {
    this.#answer = answer;
    this.#tell = tell;
    this.#tellsBodies = tellsBodies;
  }

  json(status: number, body: unknown): void {
    this.#tell(summary(status), this.#tellsBodies ? { args: { body } } : {});
    this.#answer.json(status, body);
  }

  empty(status: number): void {
    this.#tell(summary(status));
    this.#answer.empty(status);
  }

  end(): void {
    this.#tellEnd();
    this.#answer.end();
  }

  stream(status: number, headers: Readonly<Record<string, string>>): Writable {
    this.#tell(summary(status));
    const stream = this.#answer.stream(status, headers);
    this.#isOpen = this.#tellsBodies;
    return stream.once("finish", () => this.#tellEnd()); // whoever has written it has ended it, too
  }

  hijack(contentType: string, headers: Readonly<Record<string, string>>): Hijacked {
    this.#tell("the connection becomes the container's streams");
    return this.#answer.hijack(contentType, headers);
  }

  /** Before it is sent: its client may be fast. */
  #tellEnd(): void {
    if (this.#isOpen) this.#tell(END_OF_ANSWER, { isEnd: true });
    this.#isOpen = false;
  }
}

function summary(status: number): string {
  return `${status} ${STATUS_CODES[status]}`;
}
