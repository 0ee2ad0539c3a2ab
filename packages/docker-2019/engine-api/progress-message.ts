/**
 * What pull, push, load, import and build tell while they work: JSON objects, each with `\r\n` after it. The reply's status is 200 as soon as the
 * first is sent, so what goes wrong later is told here too.
 */

export interface ProgressDetail {
  readonly current?: number;
  readonly total?: number;
  /** `B`; of a push's count of things, something else. */
  readonly units?: string;
}

export interface ProgressMessage {
  /** `Downloading`, `Pull complete`, `Digest: sha256:…` */
  readonly status?: string;
  /** A layer's short id; messages of one id follow each other on one line of a terminal. Of the first one of a pull, the tag. */
  readonly id?: string;
  readonly progressDetail?: ProgressDetail;
  /** A bar, drawn for clients that can't. */
  readonly progress?: string;
  /** Text to be printed as it is, line ends included. */
  readonly stream?: string;
  readonly errorDetail?: { readonly code?: number; readonly message: string };
  /** The same text as in `errorDetail`. */
  readonly error?: string;
  /** For programs: `{ Tag, Digest, Size }` of a push, `{ ID }` of a build. */
  readonly aux?: PushResult | { readonly ID: string };
  /** Seconds and nanoseconds since 1970, of events only. */
  readonly time?: number;
  readonly timeNano?: number;
  readonly from?: string;
}

export interface PushResult {
  readonly Tag: string;
  readonly Digest: string;
  readonly Size: number;
}

export function encodeProgress(message: ProgressMessage): string {
  return `${JSON.stringify(message)}\r\n`;
}
