/** Keys in a terminal's input that mean to leave the container to itself: `ctrl-p,ctrl-q`. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";

export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";
const CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/** @throws {InvalidArgument} When a key is neither a character nor `ctrl-` and one. */
export function parseDetachKeys(text: string): Buffer {
  return Buffer.from(
    text.split(",").map((key) => {
      if (key.length === 1) return key.charCodeAt(0);
      const code = /^ctrl-.$/.test(key) ? CONTROL.indexOf(key.at(-1)!) : -1;
      if (code < 0) throw new InvalidArgument(`Unknown character: '${key}'`);
      return code;
    }),
  );
}

/** @param refusal - What is thrown when they make no sense. */
export function checkDetachKeys(text: string, refusal: () => Error): void {
  try {
    parseDetachKeys(text || DEFAULT_DETACH_KEYS);
  } catch {
    throw refusal();
  }
}

/** Watches what is typed. A key that may be the beginning of the sequence is held back until it is known. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(text: string) {
    this.#keys = parseDetachKeys(text || DEFAULT_DETACH_KEYS);
  }

  take(chunk: Buffer): { readonly passed: Buffer; readonly isDetached: boolean } {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { passed: Buffer.from(passed), isDetached: true };
        continue;
      }
      passed.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return { passed: Buffer.from(passed), isDetached: false };
  }
}
