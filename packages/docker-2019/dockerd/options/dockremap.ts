/** The user whose subordinate ids containers have with `--userns-remap default`. It is made where there is none, with ids that nobody else has. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Unavailable } from "@eras/oci-spec/errdefs.ts";
import { readUsers } from "../../users-and-groups.ts";

export const DOCKREMAP = "dockremap";

const NOBODYS_HOME = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false"];
/** The first that useradd(8) gives out, and how many. */
const FIRST_ID = 100_000;
const COUNT = 65_536;
const FILES = [
  ["/etc/subuid", "--add-subuids"],
  ["/etc/subgid", "--add-subgids"],
] as const;

/** @throws {Unavailable} With the program's own words, when it can't be made. */
export function ensureDockremap(): void {
  if (!readUsers("/").some(({ name }) => name === DOCKREMAP))
    run("useradd", ["--system", "--user-group", ...NOBODYS_HOME, DOCKREMAP]);
  for (const [file, flag] of FILES) {
    const ranges = rangesIn(file);
    if (ranges.some(({ owner }) => owner === DOCKREMAP)) continue;
    const first = Math.max(FIRST_ID, ...ranges.map(({ end }) => end));
    run("usermod", [flag, `${first}-${first + COUNT - 1}`, DOCKREMAP]);
  }
}

function rangesIn(file: string): { readonly owner: string; readonly end: number }[] {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.filter(Boolean).map((line) => {
    const [owner = "", first, count] = line.split(":");
    return { owner, end: Number(first) + Number(count) };
  });
}

function run(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { encoding: "utf8", stdio: "pipe" });
  } catch (cause) {
    const { stderr, message } = cause as { stderr?: string; message: string };
    throw new Unavailable(`Cannot make the user ${DOCKREMAP}: ${stderr?.trim() || message}`, { cause });
  }
}
