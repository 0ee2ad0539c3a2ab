/** The keys that let go of a container and leave it running: Ctrl-P Ctrl-Q, unless others are chosen. */

const DEFAULT_KEYS = "ctrl-p,ctrl-q";
/** Control characters that aren't letters'. */
const OTHERS = "@[\\]^_";

/** Input with the keys in it: what came before them still goes to the container. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  /** @param text - `ctrl-p,ctrl-q`, `a,b,ctrl-@`; empty for the usual ones. @throws {Error} */
  constructor(text: string) {
    this.#keys = Buffer.from((text || DEFAULT_KEYS).split(",").map(keyCode));
  }

  /**
   * Looks for the keys, which may come one at a time.
   *
   * @returns What to send, without what may yet turn out to be the first of the keys; and whether they are complete.
   */
  filter(input: Buffer): { readonly send: Buffer; readonly detached: boolean } {
    const send: number[] = [];
    for (const byte of input) {
      if (byte !== this.#keys[this.#matched] && this.#matched > 0) {
        send.push(...this.#keys.subarray(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) send.push(byte);
      else if (++this.#matched === this.#keys.length) return { send: Buffer.from(send), detached: true };
    }
    return { send: Buffer.from(send), detached: false };
  }
}

function keyCode(name: string): number {
  if (name.length === 1) return name.charCodeAt(0);
  const [, key] = /^ctrl-(.)$/.exec(name.toLowerCase()) ?? [];
  if (key !== undefined && /[a-z]/.test(key)) return key.charCodeAt(0) - "a".charCodeAt(0) + 1;
  const other = key === undefined ? -1 : OTHERS.indexOf(key);
  if (other === -1) throw new Error(`Unknown character: '${name}'`);
  return other === 0 ? 0 : 26 + other;
}
