/** Why an address can't be listened on, in the words that dockerd hands on to its user. */
import { isIPv6 } from "node:net";
import { getSystemErrorName } from "node:util";
import type { CommandLine, Endpoint } from "./command-line.ts";

/** The errors that are met, in C's words and in Go's case; Node's own words are other ones. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EAFNOSUPPORT: "address family not supported by protocol",
  EINVAL: "invalid argument",
  EMFILE: "too many open files",
};

/** `listen tcp4 0.0.0.0:80: bind: address already in use` */
export function listenError(protocol: CommandLine["protocol"], { ip, port }: Endpoint, error: unknown): Error {
  const { code, errno } = error as NodeJS.ErrnoException;
  // Node judges the number of a port, and says so in an error of its own: to the kernel it would be an invalid argument.
  const name = code === "ERR_SOCKET_BAD_PORT" ? "EINVAL" : errno === undefined ? undefined : getSystemErrorName(errno);
  const reason = (name && WORDS[name]) ?? (error as Error).message;
  const address = isIPv6(ip) ? `[${ip}]` : ip;
  return new Error(`listen ${protocol}${isIPv6(ip) ? 6 : 4} ${address}:${port}: bind: ${reason}`, { cause: error });
}
