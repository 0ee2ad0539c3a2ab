/**
 * containerd-shim-eras-v2: stands between containerd and a container's runtime, so that runc can leave and containerd can be replaced,
 * while somebody holds the container's streams and learns how it ends.
 *
 * Its log is containerd's: the FIFO `log` of the bundle.
 */
import { constants, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { dup2 } from "@eras/linux/descriptors.ts";
import { isErrno } from "@eras/linux/errno.ts";
import { groupOf, shimSocket } from "./address.ts";
import { type Options, parseCommandLine, USAGE } from "./command-line.ts";

const [STDIN, STDERR] = [0, 2];

async function main(words: readonly string[]): Promise<void> {
  const options = parseCommandLine(words);
  if (options === undefined) writeSync(1, `${USAGE}\n`);
  else if (options.action === "start") await start(options);
  else if (options.action === "delete") await deleteContainer(options);
  else await serve(options);
}

async function start(options: Options): Promise<void> {
  readSync(STDIN, Buffer.alloc(65_536)); // the container's options; they come again with Create
  (await import("./start.ts")).start(options);
}

async function deleteContainer(options: Options): Promise<void> {
  const { startReaping } = await import("./reaper.ts");
  startReaping();
  const stay = setInterval(() => {}, 2 ** 30); // SIGCHLD alone keeps nobody running
  await (await import("./delete.ts")).deleteContainer(options);
  clearInterval(stay);
}

async function serve(options: Options): Promise<void> {
  logTo(join(options.bundle, "log"));
  const { startReaping } = await import("./reaper.ts");
  const { Publisher } = await import("./publisher.ts");
  const { TaskService } = await import("./service.ts");
  const { ttrpcServer } = await import("../proto/ttrpc/server.ts");
  const { SOCKET_FD } = await import("./start.ts");
  startReaping();
  const publisher = new Publisher(options.namespace, process.env.TTRPC_ADDRESS);
  const socket = shimSocket(options.address, options.namespace, groupOf(options.bundle, options.id));
  const shutdown = () =>
    void publisher.flushed().then(() => {
      rmSync(socket, { force: true });
      process.exit();
    });
  const service = new TaskService({ namespace: options.namespace, publisher, shutdown });
  ttrpcServer([service.implementation()]).listen({ fd: SOCKET_FD });
  process.on("SIGPIPE", () => {}); // containerd may be gone
}

/** containerd reads the other end, if it is there. */
function logTo(fifo: string): void {
  try {
    dup2(openSync(fifo, constants.O_RDWR), STDERR);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  writeSync(STDERR, `${(error as Error).message}\n`);
  process.exitCode = 1;
}
