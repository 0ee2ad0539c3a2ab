/**
 * dockerd: keeps images, containers, networks and volumes, and serves the Engine API. What runs, runs under containerd.
 */
import { mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import { tryLockExclusively } from "@eras/linux/flock.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { CommanderError } from "commander";
import { listenOn } from "./api/listen.ts";
import { routes } from "./api/routes.ts";
import { apiServer } from "./api/server.ts";
import { type DockerdFlags, parseCommandLine } from "./command-line.ts";
import { ContainerdSupervisor } from "./libcontainerd/supervisor.ts";
import { log, setDebug } from "./log.ts";
import { openDaemon } from "./open-daemon.ts";
import { REVISION, VERSION } from "./version.ts";

async function serve(flags: DockerdFlags): Promise<void> {
  if (process.geteuid?.() !== 0) throw new Error("Cannot make containers: dockerd needs root (run it with sudo)");
  setDebug(flags.debug ?? false);
  const { dataRoot, execRoot, pidfile, group } = flags;
  for (const dir of [dataRoot, execRoot, dirname(pidfile)]) mkdirSync(dir, { recursive: true, mode: 0o711 });
  lock(dataRoot);
  const supervisor = flags.containerd === undefined ? new ContainerdSupervisor({ dataRoot, execRoot }) : undefined;
  await supervisor?.start();
  const daemon = await openDaemon(flags, flags.containerd ?? supervisor!.address);
  const servers = flags.host.map((host) => ({ host, server: apiServer(routes(daemon), VERSION) }));
  for (const { host, server } of servers) {
    await listenOn(server, host, group);
    log("info", `API listen on ${host}`);
  }
  writeFileSync(pidfile, String(process.pid));
  const end = async (signal: string) => {
    log("info", `received ${signal}`);
    for (const { server } of servers) close(server);
    await daemon.shutdown();
    await supervisor?.stop();
    rmSync(pidfile, { force: true });
    process.exit();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(signal));
  log("info", `dockerd ${VERSION} serves`);
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** One dockerd a data root. @throws {Unavailable} */
function lock(dataRoot: string): void {
  const path = join(dataRoot, "lock");
  const fd = openSync(path, "a", 0o600); // stays open
  if (!tryLockExclusively(fd))
    throw new Unavailable(`Cannot use ${dataRoot}: another dockerd does (${path} is locked)`);
}

process.umask(0o022);
process.on("SIGPIPE", () => {}); // whoever read our log has gone
process.on("unhandledRejection", (reason) => {
  log("error", reason instanceof Error ? (reason.stack ?? reason.message) : String(reason));
});
try {
  await serve(parseCommandLine(process.argv.slice(2), `Docker version ${VERSION}, build ${REVISION}`));
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(`dockerd: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
