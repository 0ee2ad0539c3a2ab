/**
 * A fresh world in which a chapter's commands run: the project's directories are empty, its addresses are free, and what is printed is what a reader
 * sees. It has a mount namespace and a network of its own, with a process that holds both:
 *
 *     /var/lib/docker-eras  /run/docker-eras     empty, in memory
 *     127.0.0.1                                  nobody listens
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupTrees } from "@eras/cgroups/detect.ts";
import { removeEmpty } from "@eras/cgroups/remove.ts";
import { processExists } from "@eras/linux/proc.ts";
import { runProgram, shellEnvironment } from "../../test/harness/run-program.ts";
import type { World } from "../book/command-block.ts";
import { CLONE } from "../paths.ts";

const STATE_DIRS = ["/var/lib/docker-eras", "/run/docker-eras"];
/** Named after containerd's namespace. */
const CTR_CGROUP = "default";
const PATIENCE_MS = 5_000;
const TURN_EVERY_MS = 200;

export class ChapterWorld {
  readonly dir = mkdtempSync(join(tmpdir(), "docker-eras-chapter-"));
  readonly env: NodeJS.ProcessEnv;
  readonly #holder: ChildProcess;
  readonly #prepared = new Set<World>();
  readonly #turn: Server;
  /** The cgroup that ctr's containers have in common, in each tree: whoever makes one leaves it. */
  readonly #absentAtFirst = cgroupTrees()
    .map((root) => join(root, CTR_CGROUP))
    .filter((path) => !existsSync(path));

  private constructor(turn: Server) {
    this.#turn = turn;
    for (const folder of ["tmp", "bin"]) mkdirSync(join(this.dir, folder));
    const { PATH, HOME } = shellEnvironment();
    this.env = {
      HOME,
      PATH: [join(this.dir, "bin"), join(CLONE, "bin"), join(CLONE, "node_modules/.bin"), PATH].join(":"),
      TERM: "xterm",
      TMPDIR: join(this.dir, "tmp"),
      ERAS_CLONE: CLONE,
      ERAS_2019_CGROUP: `/docker-eras-${this.dir.slice(-6)}`,
    };
    this.#writePnpm();
    const setUp = [
      ...STATE_DIRS.map((dir) => `mkdir -p ${dir} && ${umountBelow(dir)} && mount -t tmpfs tmpfs ${dir}`),
      "ip link set lo up",
      "echo",
      "exec sleep infinity",
    ];
    this.#holder = spawn("unshare", ["--mount", "--net", "--propagation", "private", "sh", "-c", setUp.join(" && ")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  }

  /**
   * Waits until no other process of this machine has one: two at once would see each other's cgroups.
   *
   * @param onWait - Called once, if there is one.
   */
  static async create(onWait = () => {}): Promise<ChapterWorld> {
    const turn = await takeTurn(onWait);
    const world = new ChapterWorld(turn);
    await once(world.#holder.stdout!, "data");
    return world;
  }

  /** A command that runs another in this world, at the root of the clone. */
  within(command: readonly string[]): string[] {
    const enter = ["nsenter", `--target=${this.#holder.pid}`, "--mount", "--net", "--"];
    return [...enter, "sh", "-c", 'cd "$0" && exec "$@"', CLONE, ...command];
  }

  /** Where a block names an era, its daemon runs and has the image: neither is part of what the block shows. */
  async prepare(world: World): Promise<void> {
    if (world === "none" || this.#prepared.has(world)) return;
    this.#prepared.add(world);
    if (world === "2019") return void (await this.pnpm(["era:2019", "run", "--rm", "busybox", "true"]));
    await this.pnpm(["era:2013", "run", "-a", "busybox", "true"]);
    const ids = (await this.pnpm(["era:2013", "ps", "-a", "-q"])).split(/\s+/).filter(Boolean);
    await this.pnpm(["era:2013", "rm", ids.at(0)!]); // the newest is the one that has just run
  }

  /** @returns What is still there after a clean-up by the project's own command, and why. Empty if it does what it says. */
  async remove(): Promise<string[]> {
    const failures: string[] = [];
    for (const era of ["2013", "2019"])
      await this.pnpm(["era", "clean", era]).catch((error: Error) => failures.push(error.message));
    const left = await this.#end();
    for (const path of this.#absentAtFirst) if (existsSync(path)) removeEmpty(path);
    rmSync(this.dir, { recursive: true, force: true });
    this.#turn.close();
    return [...failures, ...left];
  }

  /** @returns What it prints. @throws {Error} When it fails. */
  async pnpm(words: readonly string[]): Promise<string> {
    const [program, ...args] = this.within([join(this.dir, "bin/pnpm"), ...words]);
    const { stdout, stderr, status } = await runProgram(program!, args, { env: this.env });
    if (status !== 0) throw new Error(`pnpm ${words.join(" ")} failed: ${stderr}`);
    return stdout;
  }

  /** Ends what still runs in the world, and then its holder. @returns What that was. */
  async #end(): Promise<string[]> {
    const others = processesInMountNamespaceOf(this.#holder.pid!).filter((pid) => pid !== this.#holder.pid);
    const left = others.map(
      (pid) => `process ${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`,
    );
    for (const pid of others) process.kill(pid, "SIGKILL");
    const deadline = Date.now() + PATIENCE_MS;
    while (others.some(processExists) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    const ended = once(this.#holder, "exit");
    this.#holder.kill("SIGKILL");
    await ended;
    return left;
  }

  /** The scripts of package.json under pnpm's name, without its second of looking for something newer, and its line above each. */
  #writePnpm(): void {
    const { scripts } = JSON.parse(readFileSync(join(CLONE, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    const cases = Object.entries(scripts).map(([name, script]) => `${name}) shift; exec ${script} "$@" ;;`);
    const text = `#!/bin/sh\ncd ${CLONE}\nPATH=${CLONE}/node_modules/.bin:$PATH\ncase $1 in\n${cases.join("\n")}\nesac\necho "pnpm: no script $1" >&2\nexit 1\n`;
    writeFileSync(join(this.dir, "bin/pnpm"), text);
    chmodSync(join(this.dir, "bin/pnpm"), 0o755);
  }
}

/** What the machine's own containers have mounted would be in the new namespace's table, out of reach. */
function umountBelow(dir: string): string {
  return `awk '$5 ~ "^${dir}/" { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount --lazy`;
}

/** An abstract socket is a name that the kernel gives to one process, and takes back when it ends. */
async function takeTurn(onWait: () => void): Promise<Server> {
  for (let hasWaited = false; ; hasWaited = true) {
    const server = createServer();
    const isOurs = await new Promise<boolean>((resolve) => {
      server
        .once("error", () => resolve(false))
        .listen("\0docker-eras/chapter-world", () => resolve(true))
        .unref();
    });
    if (isOurs) return server;
    if (!hasWaited) onWait();
    await new Promise((resolve) => setTimeout(resolve, TURN_EVERY_MS));
  }
}

function processesInMountNamespaceOf(pid: number): number[] {
  const namespace = mountNamespace(pid);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}`) && mountNamespace(Number(name)) === namespace)
    .map(Number);
}

/** @returns Nothing for a process that has ended meanwhile. */
function mountNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}
