/**
 * containerd: keeps images, snapshots and containers, and has a shim for each container that runs. It may be killed and started again:
 * the shims keep the containers running, and the next containerd finds them.
 */

import { endDaemon } from "@eras/linux/end-daemon.ts";
import { CommanderError } from "commander";
import { runCommandLine } from "./command-line.ts";
import { type ConfigFlags, configToml, DEFAULT_CONFIG, loadConfig } from "./config.ts";
import { log, setLogLevel } from "./log.ts";
import { REVISION, VERSION } from "./version.ts";

/** Serves until it is told to end. Nothing that takes time to load is loaded for other commands. */
async function serve(flags: ConfigFlags): Promise<void> {
  const config = loadConfig(flags);
  if (process.geteuid?.() !== 0) throw new Error("Cannot make containers: containerd needs root (run it with sudo)");
  setLogLevel(config.debug.level);
  log("info", "starting containerd", { revision: REVISION, version: VERSION });
  const { startContainerd } = await import("./containerd.ts");
  const { stop } = await startContainerd(config);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(signal, stop));
  process.on("SIGUSR1", () => {}); // the original dumps its stacks, Node would open a debugger
  log("info", `serving on ${config.grpc.address}`);
  log("info", `containerd successfully booted in ${performance.now().toFixed(0)}ms`);
}

async function end(signal: string, stop: () => Promise<void>): Promise<void> {
  log("info", `received ${signal}: the containers stay`);
  await stop();
  endDaemon();
}

/** @returns The exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode; // commander has told already
  process.stderr.write(`containerd: ${error instanceof Error ? error.message : error}\n`);
  return 1;
}

process.umask(0o022); // whatever it was started with: users of containers have to reach what is made here
process.on("SIGPIPE", () => {}); // whoever read our log has gone; the containers have not
process.on("unhandledRejection", (reason) => {
  log("error", "unexpected failure", {
    error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  });
});
try {
  await runCommandLine(process.argv.slice(2), `containerd docker-eras ${VERSION} ${REVISION}`, {
    serve,
    configDefault: () => void process.stdout.write(configToml(DEFAULT_CONFIG)),
    configDump: (flags) => void process.stdout.write(configToml(loadConfig(flags))),
    publish: async (flags) => (await import("./publish.ts")).publish(flags),
    ociHook: async (args) => (await import("./oci-hook.ts")).ociHook(args),
  });
} catch (error) {
  process.exitCode = report(error);
}
