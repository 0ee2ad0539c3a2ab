/**
 * A container with a user namespace (`lxc.id_map`): its root is an ordinary user of the host.
 *
 * Node, with its threads, can't make one: user_namespaces(7) wants a process of one thread. So util-linux's programs stand between
 * lxc-start and the init; they make all namespaces at once, so that the new user namespace owns the others:
 *
 *     lxc-start
 *      └ unshare        (started by setpriv, which has it die with lxc-start)
 *         └ init        PID 1, with all capabilities in its user namespace
 *
 * The init begins as a user whom its namespace doesn't know, which outside is still root: so it can read the rest of itself, in a
 * directory of root's, reach the rootfs and join the cgroup. Then it becomes the root of the container.
 */
import type { NamespaceKind } from "@eras/linux/namespaces.ts";
import { unshareCommand, writeIdMaps } from "@eras/linux/user-namespace.ts";
import { step } from "../step.ts";
import { attempt } from "./attempt.ts";
import type { IdMapLine } from "./config.ts";
import type { Spawn } from "./namespaces.ts";

/** Starts `command` in new namespaces, a user namespace among them. */
export function inUserNamespace(kinds: readonly NamespaceKind[], command: readonly string[], spawn: Spawn): number {
  step("lxc-start.namespaces", { kinds });
  const [unshare, ...args] = unshareCommand(kinds, command);
  return spawn(["setpriv", "--pdeathsig", "KILL", "--", unshare!, "--keep-caps", ...args]);
}

/** Maps ids of the user namespace of process `pid`. Done by lxc-start, which has the right to on the host. */
export function mapIds(pid: number, idMap: readonly IdMapLine[]): void {
  step("lxc-start.id-maps", { pid, idMap });
  const of = (kind: IdMapLine["kind"]) => idMap.filter((line) => line.kind === kind);
  attempt("map the container's ids", () => writeIdMaps(pid, of("u"), of("g")));
}
