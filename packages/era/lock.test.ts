import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withLock } from "./lock.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "docker-eras-lock-"));
  path = join(directory, "lock");
});
afterEach(() => rmSync(directory, { recursive: true }));

const HOLDER = `
  import { withLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
  await withLock(process.argv[1], async () => {
    console.log("holds");
    await new Promise((resolve) => process.stdin.once("data", resolve));
  });
  process.exit();
`;

/** Another process, which holds the lock until it reads a line. */
async function startHolder() {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

describe("withLock()", () => {
  test("returns what the work returns, and leaves no file", async () => {
    expect(await withLock(path, async () => 42)).toBe(42);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("gives the lock back when the work fails", async () => {
    await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(readdirSync(directory)).toEqual([]);
  });

  test("waits for another process", async () => {
    const holder = await startHolder();
    let entered = false;
    const waiting = withLock(path, async () => {
      entered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect({ entered, locked: existsSync(path) }).toEqual({ entered: false, locked: true });
    holder.stdin.write("go\n");
    await waiting;
    expect(entered).toBe(true);
  });

  test("takes over from a holder that was killed", async () => {
    const holder = await startHolder();
    const waiting = withLock(path, async () => "mine");
    holder.kill("SIGKILL");
    expect(await waiting).toBe("mine");
  });

  test("takes over a file that was cut off by a power loss", async () => {
    writeFileSync(path, "");
    expect(await withLock(path, async () => "mine")).toBe("mine");
  });
});
