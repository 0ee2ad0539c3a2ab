/**
 * dockerd: serves the user's commands, over TCP and HTTP, and looks after the containers.
 *
 * One process, no configuration file. It runs as root, and whoever may talk to it may do what root may: so it listens on this machine
 * only, where the original listened everywhere.
 */
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { endDaemon } from "@eras/linux/end-daemon.ts";
import { parseAddress } from "../rcli/call-tcp.ts";
import { listenAndServeHTTP } from "../rcli/http.ts";
import { listenAndServeTCP } from "../rcli/tcp.ts";
import { WindowSizes } from "../rcli/window-size.ts";
import { statePathProblem } from "../state-path.ts";
import { Containers } from "./containers.ts";
import { chooseLxc } from "./genuine-lxc.ts";
import { ImageStore } from "./images/store.ts";
import { unionOf } from "./images/union.ts";
import {
  containersDir,
  DEFAULT_EXEC_ROOT,
  DEFAULT_LXC_START,
  DEFAULT_ROOT,
  imagesDir,
  traceLinksDir,
} from "./paths.ts";
import { Server } from "./server.ts";

const USAGE = `Usage: dockerd-2013 [OPTIONS]

The daemon of Docker as of January 2013.

  -g DIR               root of images and containers (${DEFAULT_ROOT})
  --exec-root DIR      files of the running daemon (${DEFAULT_EXEC_ROOT})
  --tcp HOST:PORT      where docker connects to (127.0.0.1:4242)
  --http HOST:PORT     the same commands over HTTP, and /web (127.0.0.1:8080)
  --lxc-start PATH     run this lxc-start, a genuine one too (ours)
  --pidfile PATH       write the process id here once all is ready
  --help               print this
`;

function parseFlags() {
  const { values } = parseArgs({
    options: {
      "data-root": { type: "string", short: "g", default: DEFAULT_ROOT },
      "exec-root": { type: "string", default: DEFAULT_EXEC_ROOT },
      tcp: { type: "string", default: "127.0.0.1:4242" },
      http: { type: "string", default: "127.0.0.1:8080" },
      "lxc-start": { type: "string", default: DEFAULT_LXC_START },
      pidfile: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  return values;
}

type Flags = ReturnType<typeof parseFlags>;

/** Serves until it is killed. Containers go on without it, as in 2013; the next daemon finds them. */
async function main(flags: Flags): Promise<void> {
  if (process.geteuid?.() !== 0) throw new Error("Cannot make containers: dockerd needs root (run it with sudo)");
  const root = checkRoot(resolve(flags["data-root"]));
  const execRoot = resolve(flags["exec-root"]);
  mkdirSync(root, { recursive: true, mode: 0o700 });
  mkdirSync(execRoot, { recursive: true, mode: 0o700 });
  await lock(root);
  const server = await newServer(root, execRoot, flags);
  await server.windowSizes.listen(parseAddress(flags.tcp).port);
  await listenAndServeHTTP(flags.http, server);
  await listenAndServeTCP(flags.tcp, server, traceLinksDir(execRoot));
  console.log(`dockerd: rcli on ${flags.tcp}, http://${flags.http}/web, state in ${root}`);
  if (flags.pidfile !== undefined) writePidFile(flags.pidfile);
}

/** Makes the server object, with the state that earlier daemons left. */
async function newServer(root: string, execRoot: string, flags: Flags): Promise<Server> {
  const union = unionOf(imagesDir(root));
  const images = new ImageStore(imagesDir(root), union);
  await images.layers.removeUnfinished();
  images.index.histories(); // a broken index is told now, not at the first run
  const lxc = chooseLxc(flags["lxc-start"], join(execRoot, "lxc"));
  const containers = new Containers(containersDir(root), { lxc, union });
  await containers.restore();
  return new Server(containers, images, new WindowSizes(), flags.http);
}

function checkRoot(root: string): string {
  const problem = statePathProblem(root);
  if (problem !== undefined) throw new Error(`Cannot keep state in "${root}": ${problem}`);
  return root;
}

/** One daemon a root: an abstract socket is a name that the kernel gives to one process and takes back when it ends. */
function lock(root: string): Promise<void> {
  const holder = createServer().unref();
  return new Promise((resolve, reject) => {
    holder.once("error", () => reject(new Error(`Cannot use ${root}: another dockerd does`)));
    holder.listen(`\0docker-eras-2013/root/${createHash("sha256").update(root).digest("hex")}`, resolve);
  });
}

function writePidFile(path: string): void {
  writeFileSync(path, `${process.pid}\n`);
  process.on("exit", () => rmSync(path, { force: true }));
}

process.umask(0o022); // whatever it was started with: "/" of a container is for all its users, and what they make has the usual modes
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, endDaemon);
process.stdout.on("error", () => {}); // whoever read our log has gone; the containers have not
try {
  const flags = parseFlags();
  if (flags.help) process.stdout.write(USAGE);
  else await main(flags);
} catch (error) {
  process.stderr.write(`dockerd: ${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
