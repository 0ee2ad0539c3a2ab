/** A host of its own for whatever has to do with networks: bridges, addresses and the packet filter's rules are seen by nobody else. */
import { closeSync, openSync, writeFileSync } from "node:fs";
import { CLONE_NEWNET, setns, unshare } from "@eras/linux/namespaces.ts";
import { setLink } from "@eras/linux/netlink/links.ts";

/** Calls `work` with the main thread, and so all that it starts, in a new network namespace that does not forward. */
export async function inOwnNetwork<T>(work: () => Promise<T>): Promise<T> {
  const home = openSync("/proc/self/ns/net", "r");
  unshare(CLONE_NEWNET);
  try {
    setLink("lo", { up: true });
    writeFileSync("/proc/sys/net/ipv4/ip_forward", "0");
    return await work();
  } finally {
    setns(home, CLONE_NEWNET);
    closeSync(home);
  }
}
