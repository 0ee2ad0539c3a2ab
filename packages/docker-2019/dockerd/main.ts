/**
 * dockerd: keeps images, containers, networks and volumes, and serves the Engine API. What runs, runs under containerd.
 */
import { mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { dirname, join } from "node:path";
import { isatty } from "node:tty";
import { setFlagsFromString } from "node:v8";
import { endDaemon } from "@eras/linux/end-daemon.ts";
import { tryLockExclusively } from "@eras/linux/flock.ts";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { CommanderError } from "commander";
import { defaultHost, type ListenPlace, listenOn, listenPlace } from "./api/listen.ts";
import { routes } from "./api/routes.ts";
import { apiServer } from "./api/server.ts";
import { activatedSockets, takeActivatedSockets } from "./api/socket-activation.ts";
import { serverTls } from "./api/tls.ts";
import { type CommandLine, parseCommandLine } from "./command-line.ts";
import type { Daemon } from "./daemon/daemon.ts";
import { reload } from "./daemon/reload.ts";
import { releaseWhenIdle } from "./idle.ts";
import { ContainerdSupervisor } from "./libcontainerd/supervisor.ts";
import { colorLog, log, parseLogLevel, STDERR, setLogLevel } from "./log.ts";
import { happensWithin } from "./long-delay.ts";
import { openDaemon } from "./open-daemon.ts";
import { readConfig } from "./options/config-file.ts";
import { type DaemonOptions, daemonOptions } from "./options/daemon-options.ts";
import { withRemap } from "./options/userns-remap.ts";
import { REVISION, VERSION } from "./version.ts";

/** How long an end waits for the starts of containers that go with the daemon's. */
const STARTS_MS = 10_000;

async function serve(commandLine: CommandLine): Promise<void> {
  if (process.geteuid?.() !== 0) throw new Error("Cannot make containers: dockerd needs root (run it with sudo)");
  const options = daemonOptions(readConfig(commandLine).options);
  setLogLevel(options.debug ? "debug" : parseLogLevel(options.logLevel));
  colorLog(!options.rawLogs && isatty(STDERR));
  const places = listenPlaces(options);
  adjustOomScore(options.oomScoreAdjust);
  const { dataRoot, execRoot, pidfile } = options;
  for (const dir of [dataRoot, execRoot, dirname(pidfile)]) mkdirSync(dir, { recursive: true, mode: 0o711 });
  lock(dataRoot);
  const supervisor = options.containerd === "" ? new ContainerdSupervisor({ dataRoot, execRoot }) : undefined;
  const opening = open(withRemap(options), places, supervisor);
  let stop = async () => void (await supervisor?.stop());
  onceToldToEnd(async () => {
    await happensWithin(STARTS_MS, opening); // then those that are being started can be stopped
    await stop();
  });
  const { daemon, servers } = await opening;
  releaseWhenIdle(servers);
  writeFileSync(pidfile, String(process.pid));
  stop = async () => {
    for (const server of servers) close(server);
    await daemon.shutdown().catch((error: Error) => log("error", `Cannot shut down in order: ${error.message}`));
    await supervisor?.stop();
    rmSync(pidfile, { force: true });
  };
  process.on("SIGHUP", () => reload(daemon, commandLine));
  log("info", `dockerd ${VERSION} serves`);
}

function onceToldToEnd(work: () => Promise<void>): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, async () => {
      log("info", `received ${signal}`);
      await work();
      endDaemon();
    });
  }
}

/** What fails leaves no containerd behind. */
async function open(options: DaemonOptions, places: readonly ListenPlace[], supervisor?: ContainerdSupervisor) {
  try {
    await supervisor?.start();
    const daemon = await openDaemon(options, supervisor?.address ?? options.containerd).catch((cause: Error) => {
      throw new Error(`failed to start daemon: ${cause.message}`, { cause });
    });
    return { daemon, servers: await listen(daemon, places) };
  } catch (error) {
    await supervisor?.stop();
    throw error;
  }
}

/** What can't be is refused before anything begins. */
function listenPlaces(options: DaemonOptions): ListenPlace[] {
  const { hosts, insecureTcp } = options;
  const tls = serverTls(options);
  const handed = takeActivatedSockets(process.env, process.pid);
  return (hosts.length > 0 ? hosts : [defaultHost(tls)]).flatMap((host): ListenPlace[] =>
    host.startsWith("fd://")
      ? activatedSockets(host, handed).map((fd) => ({ fd }))
      : [listenPlace(host, { tls, insecureTcp })],
  );
}

function nameOf(place: ListenPlace): string {
  if ("fd" in place) return `descriptor ${place.fd}`;
  return "path" in place ? place.path : `${place.host}:${place.port}`;
}

async function listen(daemon: Daemon, places: readonly ListenPlace[]): Promise<Server[]> {
  const servers: Server[] = [];
  for (const place of places) {
    const { experimental } = daemon.options;
    const server = apiServer(routes(daemon), { version: VERSION, experimental }, place.tls);
    await listenOn(server, place, daemon.options.group);
    const bound = server.address();
    if (typeof bound === "object" && bound?.port) daemon.networks.reserve(bound);
    servers.push(server);
    if (!place.tls?.requestCert && "host" in place)
      log("warning", `whoever reaches ${place.host}:${place.port} is root of this host: no certificate is asked`);
    log("info", `API listen on ${nameOf(place)}`);
  }
  return servers;
}

function close(server: Server): void {
  server.close();
  server.closeAllConnections();
}

/** A host that is short of memory is better off without a container than without all of them. Root of a container may not say so. */
function adjustOomScore(score: number): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", String(score));
  } catch (error) {
    log("debug", `Cannot set oom_score_adj to ${score}: ${(error as Error).message}`);
  }
}

/** One dockerd a data root. @throws {Unavailable} */
function lock(dataRoot: string): void {
  const path = join(dataRoot, "lock");
  const fd = openSync(path, "a", 0o600); // stays open
  if (!tryLockExclusively(fd))
    throw new Unavailable(`Cannot use ${dataRoot}: another dockerd does (${path} is locked)`);
}

setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks"); // clients send patterns, as filters
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
    process.exit(1); // whatever was opened
  }
}
