/** Requests as parts of traced runs: whoever asks may name one, and then hears what dockerd does for the answer. */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Writable } from "node:stream";
import type { TellAnswer } from "@eras/trace/link.ts";
import { END_OF_ANSWER } from "../../messages.ts";
import { answerTraced } from "../../tracing.ts";
import type { Answerer, Hijacked } from "./call.ts";

/** What is answered here is a key. */
const SECRET = "/auth";

/** @param serve - Is given the answerer to use. */
export function serveTraced(
  { method, url = "/", headers }: IncomingMessage,
  answer: Answerer,
  serve: (answer: Answerer) => Promise<void>,
): Promise<void> {
  const metadata = new Map(
    Object.entries(headers).filter((header): header is [string, string] => typeof header[1] === "string"),
  );
  const call = { channel: "http", method: `${method} ${url}`, to: "dockerd" } as const;
  const tellsBodies = !url.endsWith(SECRET) && method !== "HEAD"; // which is answered without one
  return answerTraced(metadata, call, (tell) => serve(tell ? new TellingAnswerer(answer, tell, tellsBodies) : answer));
}

/** Tells of an answer's head, of its body if that is whole and JSON, and of its end if it comes piece by piece. */
class TellingAnswerer implements Answerer {
  readonly #answer: Answerer;
  readonly #tell: TellAnswer;
  readonly #tellsBodies: boolean;

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
    this.#answer.end();
  }

  stream(status: number, headers: Readonly<Record<string, string>>): Writable {
    this.#tell(summary(status));
    const stream = this.#answer.stream(status, headers);
    if (this.#tellsBodies) stream.once("finish", () => this.#tell(END_OF_ANSWER, { isEnd: true }));
    return stream;
  }

  hijack(contentType: string, headers: Readonly<Record<string, string>>): Hijacked {
    this.#tell("the connection becomes the container's streams");
    return this.#answer.hijack(contentType, headers);
  }
}

function summary(status: number): string {
  return `${status} ${STATUS_CODES[status]}`;
}
