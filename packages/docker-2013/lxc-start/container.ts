/**
 * A container's life, as lxc-start leads it:
 *
 *     lxc-start (on the host)                        init (in the container)
 *     unshare; start the init ─────────────────────▶ PID 1 of the new PID namespace
 *     make the cgroup, the id maps, the network      Node starts
 *     hand over the plan ──────────────────────────▶ mount, pivot_root, drop privileges, execve: the user's program
 *     pass signals on, wait                          …
 *     remove the cgroup ◀─────────────────────────── ends
 *
 * The kernel knows no container. There are these namespaces, this cgroup and this root, and a process that has them all.
 */
import type { ProcessStatus } from "@eras/linux/wait.ts";
import type { Options } from "./command-line.ts";
import type { ContainerConfig } from "./config.ts";
import { containerEnvironment } from "./environment.ts";
import type { Log } from "./log.ts";
import { newNamespaces } from "./namespaces.ts";
import { holdSignals } from "./signals.ts";
import { becomeContainer, killInit, spawnInit, waitForStart } from "./spawn-init.ts";
import type { InitPlan } from "./sync.ts";
import { openTerminals } from "./terminals.ts";

/**
 * Starts a container and waits for its end. Nothing of it is left then, whether it ran or failed to start.
 *
 * What only some containers need is loaded when it is needed, and what can wait is loaded while the init starts.
 *
 * @returns The exit code of its program, 128 + n for a signal.
 * @throws {Error} When the container can't be made as configured.
 */
export async function runContainer(options: Options, config: ContainerConfig, log: Log): Promise<number> {
  const seccompFilter = config.seccomp && (await import("./seccomp-policy.ts")).readPolicy(config.seccomp);
  const userNamespace = config.idMap.length > 0 ? await import("./user-namespace.ts") : undefined;
  const signals = holdSignals();
  await using cleanUp = new AsyncDisposableStack(); // in the opposite order, at the end of this function

  const init = spawnInit(newNamespaces(config), userNamespace?.inUserNamespace);
  cleanUp.defer(() => killInit(init));
  const { createCgroup } = await import("./cgroup.ts");
  const cgroup = await createCgroup(options.name, config);
  cleanUp.defer(() => killInit(init).then(cgroup.delete)); // first the process, then its cgroup

  const pid = waitForStart(init);
  log("INFO", `init is process ${pid}`);
  userNamespace?.mapIds(pid, config.idMap);
  if (config.networks.length > 0) {
    const { connectNetworks } = await import("./network.ts");
    connectNetworks(config.networks, { name: options.name, pid, cleanUp });
  }
  const terminals = openTerminals(config);
  cleanUp.defer(() => killInit(init).then(terminals.close));
  becomeContainer(
    init,
    planOf(options, config, { terminals: terminals.names, cgroupFiles: cgroup.joinFiles, seccompFilter }),
  );

  signals.forwardTo(pid);
  return exitCode(await init.ended);
}

/** As a shell counts: a signal's number comes after 128. */
function exitCode(status: ProcessStatus): number {
  return status.kind === "exited" ? status.code : 128 + (status as { signal: number }).signal;
}

type Made = Pick<InitPlan, "cgroupFiles" | "terminals"> & { readonly seccompFilter: string | undefined };

function planOf(
  { command }: Options,
  config: ContainerConfig,
  { terminals, cgroupFiles, seccompFilter }: Made,
): InitPlan {
  return {
    config,
    command,
    environment: containerEnvironment(process.env, config),
    terminals,
    cgroupFiles,
    ...(seccompFilter !== undefined && { seccompFilter }),
  };
}
