/**
 * containerd-shim-eras-v2: stands between containerd and a container's runtime, so that runc can leave and containerd can be replaced,
 * while somebody holds the container's streams and learns how it ends.
 *
 * Its log is containerd's: the FIFO `log` of the bundle.
 */
import { writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { endTracing } from "@eras/trace/context.ts";
import { traceProgram } from "../tracing.ts";
import { type Options, parseCommandLine, USAGE } from "./command-line.ts";
import type { ShimSocket } from "./start.ts";

const STDERR = 2;
/** After which a shim without containers looks again whether somebody will come. */
const EXPECTED_MS = 1_000;

async function main(words: readonly string[]): Promise<void> {
  const options = parseCommandLine(words);
  if (options === "help") writeSync(1, `${USAGE}\n`);
  else if (options === "version") writeSync(1, await versionText());
  else if (options.action === "start") await start(options);
  else await deleteContainer(options);
}

async function versionText(): Promise<string> {
  const { REVISION, VERSION } = await import("./version.ts");
  const lines = [`Version:  ${VERSION}`, `Revision: ${REVISION}`, `Node.js version: ${process.version}`];
  return `containerd-shim-eras-v2:\n${lines.map((line) => `  ${line}\n`).join("")}\n`;
}

async function start(options: Options): Promise<void> {
  const socket = (await import("./start.ts")).start(options); // standard input has the container's options, which come again with Create
  if (socket !== undefined) await serve(options, socket);
}

async function deleteContainer(options: Options): Promise<void> {
  const { startReaping } = await import("./reaper.ts");
  const { unignoreSignals } = await import("./spawn.ts");
  startReaping();
  unignoreSignals();
  const stay = setInterval(() => {}, 2 ** 30); // SIGCHLD alone keeps nobody running
  try {
    await (await import("./delete.ts")).deleteContainer(options);
  } finally {
    clearInterval(stay);
  }
}

async function serve(options: Options, socket: ShimSocket): Promise<void> {
  const { removeAddress } = await import("./address.ts");
  const { stopListening } = await import("./start.ts");
  const { log, logTo } = await import("./log.ts");
  const { startReaping } = await import("./reaper.ts");
  const { unignoreSignals } = await import("./spawn.ts");
  const { Publisher } = await import("./publisher.ts");
  const { TaskService } = await import("./service.ts");
  const { ttrpcServer } = await import("../proto/ttrpc/server.ts");
  logTo(join(options.bundle, "log"));
  startReaping();
  unignoreSignals();
  process.chdir("/"); // the bundle may go before us, if it is one of a group
  process.on("uncaughtException", ({ stack }) => log(`${stack}`)); // a mistake of ours is no reason to let go of the containers
  const publisher = new Publisher(options.namespace, process.env.TTRPC_ADDRESS);
  const bundlesDir = dirname(options.bundle);
  const forget = (id: string) => removeAddress(join(bundlesDir, id));
  const shutdown = async () => {
    await publisher.flushed();
    if (!service.isEmpty) return;
    if (stopListening(socket, bundlesDir)) (await import("@eras/linux/end-daemon.ts")).endDaemon();
    setTimeout(shutdown, EXPECTED_MS); // one of the group has been started, and may fail on its way here
  };
  const service = new TaskService({ namespace: options.namespace, publisher, forget, shutdown });
  ttrpcServer([service.implementation()]).listen({ fd: socket.fd });
  endTracing(); // from here on it works for whoever calls
}

await traceProgram("shim");
try {
  await main(process.argv.slice(2));
} catch (error) {
  writeSync(STDERR, `${(error as Error).message}\n`);
  process.exitCode = 1;
}
