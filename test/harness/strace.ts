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

/** The calls that build, watch or end a container. */
const WATCHED = "clone,clone3,fork,vfork,unshare,setns,mount,umount2,pivot_root,execve,prctl,seccomp,kill";

/** Attaches to a running process; its children, and theirs, are followed from their birth. */
export class Strace {
  readonly #dir: string;
  readonly #process: ChildProcess;

  private constructor(dir: string, process: ChildProcess) {
    this.#dir = dir;
    this.#process = process;
  }

  static async attach(pid: number): Promise<Strace> {
    const dir = mkdtempSync(join(tmpdir(), "docker-eras-strace-"));
    const strace = spawn("strace", [
      "-ff",
      "-s",
      "4096",
      "-e",
      `trace=${WATCHED}`,
      "-o",
      join(dir, "t"),
      "-p",
      String(pid),
    ]);
    await new Promise<void>((resolve, reject) => {
      strace.on("error", reject);
      strace.stderr.on("data", (text: Buffer) => text.includes("attached") && resolve());
      strace.on("exit", (code) => reject(new Error(`strace ended with ${code}`)));
    });
    return new Strace(dir, strace);
  }

  /** Lets go of the processes and returns what they did, by process, each in its order. */
  async detach(): Promise<Map<number, StraceCall[]>> {
    const ended = new Promise((resolve) => this.#process.on("exit", resolve));
    this.#process.kill("SIGINT");
    await ended;
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

function parse(pid: number, text: string): StraceCall[] {
  return [...text.matchAll(/^(\w+)\((.*)\)\s+= (.+)$/gm)].map(([, call, args, result]) => ({
    pid,
    call: call === "clone3" || call === "fork" || call === "vfork" ? "clone" : call!,
    args: args!,
    result: result!,
  }));
}

/** What Node and libc do for themselves in every program: start threads, name them and their memory. */
function isRuntimeHousekeeping({ call, args }: StraceCall): boolean {
  return (call === "clone" && args.includes("CLONE_THREAD")) || (call === "prctl" && /^PR_SET_(NAME|VMA)\b/.test(args));
}
