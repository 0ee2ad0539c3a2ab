/** What makes no sense, of items of options that are lists. Each throws in the original's words. */
import { isIP } from "node:net";

export function checkAddress(text: string): void {
  if (isIP(text) === 0) throw new Error(`${text} is not an ip address`);
}

export function checkLabel(text: string): void {
  if (!text.includes("=")) throw new Error(`bad attribute format: ${text}`);
}

/** A dot alone means that no domain is searched. */
export function checkDomain(text: string): void {
  const labels = text.replace(/\.$/, "").split(".");
  const isDomain = labels.every((label) => /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(label));
  if (text !== "." && !isDomain) throw new Error(`${text} is not a valid domain`);
}

/** An address alone is one of tcp. */
export function checkHost(text: string): void {
  if (text.includes("://") && !/^(unix|tcp|fd):\/\//.test(text))
    throw new Error(`Invalid bind address format: ${text}`);
}

/** A mirror is a server: it has no path, and nobody's password. */
export function checkMirror(text: string): void {
  const url = URL.parse(text);
  const scheme = url?.protocol.replace(/:$/, "") ?? "";
  if (scheme !== "http" && scheme !== "https")
    throw new Error(`invalid mirror: unsupported scheme ${JSON.stringify(scheme)} in ${JSON.stringify(text)}`);
  if (url!.search !== "" || url!.hash !== "" || !["", "/"].includes(url!.pathname))
    throw new Error(`invalid mirror: path, query, or fragment at end of the URI ${JSON.stringify(text)}`);
  if (url!.username !== "")
    throw new Error(`invalid mirror: username/password not allowed in URI ${JSON.stringify(text)}`);
}
