/** A 2013 daemon for a test: state, run directory and ports of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const BIN = resolve(import.meta.dirname, "../../bin");
export const DOCKER = join(BIN, "docker-2013");
export const DOCKERD = join(BIN, "dockerd-2013");

export interface CommandResult {
  stdout: string;
  stderr: string;
  /** Exit code, or null when a signal ended the client. */
  status: number | null;
}

interface CommandOptions {
  input?: string | Buffer;
  env?: NodeJS.ProcessEnv;
}

export class Docker2013 {
  /** Everything of this daemon is below this directory. */
  readonly dir: string;
  readonly tcp: string;
  readonly http: string;
  #daemon: ChildProcess | undefined;
  readonly #flags: readonly string[];

  private constructor(dir: string, tcp: string, http: string, flags: readonly string[]) {
    this.dir = dir;
    this.tcp = tcp;
    this.http = http;
    this.#flags = flags;
  }

  /**
   * Starts a daemon in a fresh directory and waits until it answers.
   *
   * @param flags - More flags for dockerd: `["--lxc-start", "/usr/bin/lxc-start"]`.
   * @param parent - Where the directory is made.
   * @param stdin - The daemon's own: a terminal, where it would be started from one.
   */
  static async start(
    flags: readonly string[] = [],
    parent = tmpdir(),
    stdin: "ignore" | number = "ignore",
  ): Promise<Docker2013> {
    const dir = mkdtempSync(join(parent, "docker-eras-test-"));
    const daemon = new Docker2013(dir, `127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`, flags);
    await daemon.startDaemon(stdin);
    return daemon;
  }

  get root(): string {
    return join(this.dir, "state");
  }
  get runDir(): string {
    return join(this.dir, "run");
  }
  get pid(): number {
    return this.#daemon!.pid!;
  }
  get log(): string {
    return readFileSync(join(this.dir, "dockerd.log"), "utf8");
  }

  async startDaemon(stdin: "ignore" | number = "ignore"): Promise<void> {
    const log = openSync(join(this.dir, "dockerd.log"), "a");
    const args = ["-g", this.root, "--exec-root", this.runDir, "--tcp", this.tcp, "--http", this.http, ...this.#flags];
    this.#daemon = spawn(DOCKERD, args, { stdio: [stdin, log, log], env: hostEnvironment() });
    closeSync(log);
    while (!(await answers(this.tcp))) {
      if (this.#daemon.exitCode !== null)
        throw new Error(`dockerd-2013 ended with ${this.#daemon.exitCode}:\n${this.log}`);
    }
  }

  /** Ends the daemon alone, as a crash (SIGKILL) or an operator (SIGTERM) would, and waits for its end. */
  async endDaemon(signal: NodeJS.Signals): Promise<void> {
    const daemon = this.#daemon!;
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.on("exit", resolve));
    daemon.kill(signal);
    await ended;
  }

  /** Runs the client to its end. */
  docker(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    const client = this.startClient(args, options.env);
    client.stdin!.on("error", () => {}); // a command that ends before it has read its input
    client.stdin!.end(options.input);
    return new Promise((resolve) => {
      const output = { stdout: "", stderr: "" };
      client.stdout!.on("data", (bytes: Buffer) => (output.stdout += bytes.toString("latin1")));
      client.stderr!.on("data", (bytes: Buffer) => (output.stderr += bytes.toString("latin1")));
      client.on("close", (status) => resolve({ ...output, status }));
    });
  }

  /** Starts the client with pipes and leaves the rest to the caller. */
  startClient(args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    return spawn(DOCKER, args, { env: { ...hostEnvironment(), DOCKER: this.tcp, ...env } });
  }

  /** Puts an image called `busybox`, made from the host's static busybox. @returns The image's id. */
  async putBusybox(): Promise<string> {
    const { stdout } = await this.docker(["put", "busybox"], { input: busyboxTar() });
    return stdout.trim();
  }

  /** Removes every container, ends the daemon and deletes its directory. */
  async stop(): Promise<void> {
    const { stdout } = await this.docker(["ps", "-a", "-q"]);
    const ids = stdout.split("\n").filter(Boolean);
    if (ids.length > 0) await this.docker(["kill", ...ids]);
    if (ids.length > 0) await this.docker(["rm", ...ids]);
    await this.endDaemon("SIGTERM");
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What a daemon started by hand in a plain shell sees: nothing of the test runner. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TERM } = process.env;
  return { PATH, HOME, TERM };
}

/** A tar of a root file system with busybox and a few of its applets. */
export function busyboxTar(): Buffer {
  const root = mkdtempSync(join(tmpdir(), "docker-eras-rootfs-"));
  try {
    for (const dir of ["bin", "dev", "etc", "proc", "root", "sys", "tmp"]) mkdirSync(join(root, dir));
    chmodSync(root, 0o755); // mkdtemp's own is 0700
    cpSync("/bin/busybox", join(root, "bin/busybox"));
    const applets = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).split("\n");
    for (const applet of applets.filter((name) => name && name !== "busybox"))
      symlinkSync("busybox", join(root, "bin", applet));
    return execFileSync("tar", ["-C", root, "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-c", "."], {
      maxBuffer: 1 << 28,
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** One that nobody has just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host: host!, port: Number(port) });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => setTimeout(() => resolve(false), 10));
  });
}
