/** Messages between the programs of a run that an article draws, as an era declares them. */
import type { TraceEvent, TraceMessage } from "./event.ts";

/** An arrow of an article's drawing. */
export interface DeclaredMessage {
  /** What the arrow says. */
  readonly title: string;
  readonly titleZh: string;
  /** Of the article, and of the heading there that the drawing stands under. */
  readonly article: string;
  readonly heading: string;
  /** Rows of the ledger that it proves. */
  readonly rows: readonly string[];
  /** Its place in the drawing. */
  readonly number: number;
  readonly from: string;
  readonly to: string;
  /** What the message's summary is like, and that of what it answers. */
  readonly summary: RegExp;
  readonly answers?: RegExp;
}

/** Finds the messages of a drawing in a run, in their order. What the run does without is passed over. */
export class MessageFinder {
  readonly #declared: readonly DeclaredMessage[];
  /** By the id that both ends know it by. */
  readonly #found = new Map<string, DeclaredMessage>();
  #next = 0;

  constructor(declared: readonly DeclaredMessage[]) {
    this.#declared = declared;
  }

  /** @param event - The next one of the run. @returns Undefined when it is no message of the drawing. */
  find({ msg }: TraceEvent): DeclaredMessage | undefined {
    if (!msg || this.#found.has(msg.id)) return msg && this.#found.get(msg.id);
    const index = this.#declared.findIndex((message, i) => i >= this.#next && isLike(message, msg));
    const message = this.#declared[index];
    if (!message) return undefined;
    this.#next = index + 1;
    this.#found.set(msg.id, message);
    return message;
  }
}

function isLike({ from, to, summary, answers }: DeclaredMessage, msg: TraceMessage): boolean {
  const isAnswer = answers?.test(msg.answers ?? "") ?? msg.answers === undefined;
  return msg.from === from && msg.to === to && summary.test(msg.summary) && isAnswer;
}
