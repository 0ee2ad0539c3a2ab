/** The second witness of a trace: the same run as strace sees it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One system call as strace wrote it. `args` is the text between the parentheses. */
export interface StraceCall {
  pid: number;
  call: string;
  args: string;
  result: string;
}

/** The calls that build, watch or end a container, and the newer ones, where a mount is a descriptor. */
// biome-ignore format: a table
export const WATCHED: readonly string[] = [
  "clone", "unshare", "setns", "mount", "umount2", "pivot_root", "execve", "prctl", "seccomp", "kill",
  "fsopen", "fsconfig", "fsmount", "open_tree", "mount_setattr", "move_mount",
];
/** What is a `clone` here. */
const FORKS: readonly string[] = ["clone3", "fork", "vfork"];

/** Watches processes; their children, and theirs, are followed from their birth. */
export class Strace {
  readonly #dir: string;
  readonly #process: ChildProcess;

  private constructor(dir: string, process: ChildProcess) {
    this.#dir = dir;
    this.#process = process;
  }

  /** Runs a program to its end. @returns What it and its children did, without the execve that makes the program itself. */
  static async run(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Map<number, StraceCall[]>> {
    const dir = mkdtempSync(join(tmpdir(), "docker-eras-strace-"));
    const strace = spawn("strace", [...options(dir), "--", ...argv], { env, stdio: ["ignore", "ignore", "inherit"] });
    const calls = await new Strace(dir, strace).#end();
    const [pid, [, ...own]] = [...calls].find(([, [first]]) => first?.args.startsWith(`"${argv[0]}"`))!;
    return calls.set(pid, own);
  }

  static async attach(...pids: number[]): Promise<Strace> {
    const dir = mkdtempSync(join(tmpdir(), "docker-eras-strace-"));
    const strace = spawn("strace", [...options(dir), ...pids.flatMap((pid) => ["-p", String(pid)])]);
    let text = "";
    await new Promise<void>((resolve, reject) => {
      strace.on("error", reject);
      strace.stderr.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (pids.every((pid) => text.includes(`Process ${pid} attached`))) resolve();
      });
      strace.on("exit", (code) => reject(new Error(`strace ended with ${code}`)));
    });
    return new Strace(dir, strace);
  }

  /** Lets go of the processes and returns what they did, by process, each in its order. */
  async detach(): Promise<Map<number, StraceCall[]>> {
    this.#process.kill("SIGINT");
    return await this.#end();
  }

  async #end(): Promise<Map<number, StraceCall[]>> {
    await new Promise((resolve) => this.#process.on("exit", resolve));
    const calls = new Map<number, StraceCall[]>();
    for (const file of readdirSync(this.#dir)) {
      const pid = Number(file.split(".").at(-1));
      const own = parse(pid, readFileSync(join(this.#dir, file), "utf8")).filter(
        (call) => !isRuntimeHousekeeping(call),
      );
      if (own.length > 0) calls.set(pid, own);
    }
    rmSync(this.#dir, { recursive: true });
    return calls;
  }
}

/** @param dir - Where each process gets a file of its own. */
const options = (dir: string) => ["-ff", "-s", "4096", "-e", `trace=${[...WATCHED, ...FORKS]}`, "-o", join(dir, "t")];

function parse(pid: number, text: string): StraceCall[] {
  return [...text.matchAll(/^(\w+)\((.*)\)\s+= (.+)$/gm)].map(([, call, args, result]) => ({
    pid,
    call: FORKS.includes(call!) ? "clone" : call!,
    args: args!,
    result: result!,
  }));
}

/** What Node and libc do for themselves in every program: start threads, name them and their memory. */
function isRuntimeHousekeeping({ call, args }: StraceCall): boolean {
  return (call === "clone" && args.includes("CLONE_THREAD")) || (call === "prctl" && /^PR_SET_(NAME|VMA)\b/.test(args));
}
