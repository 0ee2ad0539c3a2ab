/** A run as a page shows it: all that the page needs, so that it needs no network and no clone. */
import type { TraceEvent } from "@eras/trace/event.ts";
import type { MessageField } from "@eras/trace/message-field.ts";

export const FORMAT = "docker-eras run 1";

/** Words in both languages. */
export interface Titles {
  readonly title: string;
  readonly titleZh: string;
}

/** What an article tells of: a step or an arrow of a drawing. */
interface Told extends Titles {
  readonly article: string;
  readonly heading: string;
  readonly rows: readonly string[];
}

/** An arrow that an article draws. */
export interface DrawnMessage extends Told {
  readonly number: number;
}

/** A step as an era declares it: trace/step.ts. */
export interface ShownStep extends Told {
  readonly number?: number;
  readonly meaning?: string;
}

export interface ShownEvent extends Omit<TraceEvent, "run"> {
  /** Of a kernel call: in the kernel's own words, as strace(1) writes it. */
  readonly text?: string;
  /** Of a message: the arrow that it is. */
  readonly drawn?: DrawnMessage;
  /** Of a message whose bytes the trace has: what they say. */
  readonly fields?: readonly MessageField[];
}

/** A row of the ledger: what an article says, in our words. */
export interface Claim {
  readonly heading: string;
  readonly claim: string;
  readonly claimZh: string;
}

export interface RecordedRun {
  readonly format: typeof FORMAT;
  /** `2013`, `2019`. */
  readonly era: string;
  /** In order of time. */
  readonly events: readonly ShownEvent[];
  /** The era's steps by their ids, also those that this run does without. */
  readonly steps: Readonly<Record<string, ShownStep>>;
  /** What steps are for, in the order of a run. */
  readonly meanings: Readonly<Record<string, Titles>>;
  /** The source files that events name, as they stood. */
  readonly sources: Readonly<Record<string, string>>;
  /** Rows of the ledger by their ids: those of the steps and the drawn messages. */
  readonly claims: Readonly<Record<string, Claim>>;
}
