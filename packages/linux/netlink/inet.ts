/** Internet addresses between text and bytes. @see https://man7.org/linux/man-pages/man3/inet_pton.3.html */
import { libcFunction } from "../libc.ts";

export const AF_INET = 2;
const AF_INET6 = 10;

const inetNtop = libcFunction<[number, Buffer, Buffer, number]>(
  "intptr_t inet_ntop(int family, void *address, void *text, uint size)",
);
/** INET6_ADDRSTRLEN */
const ADDRESS_TEXT_MAX = 46;

/** `10.0.0.2`, of an address in network order. */
export function formatAddress(family: number, bytes: Buffer): string {
  const text = Buffer.alloc(ADDRESS_TEXT_MAX);
  inetNtop(family, bytes, text, text.length);
  return text.toString("latin1", 0, text.indexOf(0));
}

const inetPton = libcFunction<[number, string, Buffer]>("int inet_pton(int family, str text, void *address)");

/** An address in network order, and its prefix: that of a single address when the text names none. @throws {Error} When it isn't one. */
export function parseNetwork(text: string): { family: number; bytes: Buffer; prefixLength: number } {
  const [address, prefix] = text.split("/", 2);
  const family = address!.includes(":") ? AF_INET6 : AF_INET;
  const bytes = Buffer.alloc(family === AF_INET ? 4 : 16);
  const prefixLength = prefix === undefined ? bytes.length * 8 : Number(prefix);
  const valid =
    inetPton(family, address!, bytes) === 1 && /^\d+$/.test(prefix ?? "0") && prefixLength <= bytes.length * 8;
  if (!valid) throw new Error(`Cannot parse IP address "${text}"`);
  return { family, bytes, prefixLength };
}
