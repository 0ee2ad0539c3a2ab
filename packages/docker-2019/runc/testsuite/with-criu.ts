/** For tests: a criu that works, if there is one. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian's, or one that was built to fit the kernel. */
export const CRIU = process.env.ERAS_CRIU ?? "criu";

/** Why nothing can be saved here; undefined if it can. criu knows the kernel closely, and an old one fails on a new kernel. */
export const criuFailure = tryCriu();

function tryCriu(): string | undefined {
  const { error } = spawnSync(CRIU, ["--version"]);
  if (error) return `needs ${CRIU}`;
  const dir = mkdtempSync(join(tmpdir(), "docker-eras-criu-"));
  const sleeper = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  const args = ["dump", "--tree", String(sleeper.pid), "--images-dir", dir, "--log-file", "dump.log", "-v4"];
  const { status } = spawnSync(CRIU, args, { stdio: "ignore" });
  const [, reason] =
    status === 0 ? [] : (/Error \([^)]*\): (.*)/.exec(readFileSync(join(dir, "dump.log"), "utf8")) ?? []);
  sleeper.kill("SIGKILL");
  rmSync(dir, { recursive: true });
  return status === 0 ? undefined : `${CRIU} can't save a process on this kernel: ${reason}`;
}
