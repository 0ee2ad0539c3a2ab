/** Where processes can be reached from outside, as the kernel tells it. @see https://man7.org/linux/man-pages/man5/proc_pid_net.5.html */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** `st` of /proc/net/tcp for one that listens; of /proc/net/udp for one that anybody can send to. */
const OPEN_STATES = { tcp: "0A", tcp6: "0A", udp: "07", udp6: "07" } as const;

/** `tcp 127.0.0.1:2375`, `udp6 [::]:53`, another address of IPv6 in the kernel's hexadecimal digits; sorted. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(socketInodes));
  return Object.entries(OPEN_STATES)
    .flatMap(([protocol, open]) =>
      readFileSync(`/proc/net/${protocol}`, "utf8")
        .split("\n")
        .slice(1)
        .map((line) => line.trim().split(/\s+/))
        .filter(([, , , state, , , , , , inode]) => state === open && inodes.has(inode!))
        .map(([, local]) => `${protocol} ${told(local!)}`),
    )
    .sort();
}

function socketInodes(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(pid, fd))?.[1] ?? []);
  } catch {
    return []; // it has ended
  }
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ""; // it was closed
  }
}

/** An address of IPv4 is a number in the order of this machine's bytes. */
function told(local: string): string {
  const [address = "", port = ""] = local.split(":");
  const bytes = [...Buffer.from(address, "hex").reverse()];
  const name = bytes.length === 4 ? bytes.join(".") : bytes.every((byte) => byte === 0) ? "[::]" : address;
  return `${name}:${Number.parseInt(port, 16)}`;
}
