import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { inChild, nodeArguments } from "./in-child.ts";

const NAME = `docker-eras-test-${process.pid}`;
const IMPORTS = `import { describeKey, joinSessionKeyring, KEY_USR_SEARCH, setKeyPermissions } from "./keyctl.ts";`;
const JOIN = `const key = joinSessionKeyring("${NAME}"); report(key);`;

/** A process whose session keyring others of its user may find. */
async function holder(): Promise<number> {
  const source = `${IMPORTS} ${JOIN} setKeyPermissions(key, describeKey(key).permissions | KEY_USR_SEARCH); process.stdin.resume();`;
  const child = spawn(process.execPath, nodeArguments(source), { cwd: import.meta.dirname });
  onTestFinished(() => void child.kill());
  const [key] = await once(child.stdout, "data");
  return Number(key);
}

describe("joinSessionKeyring()", () => {
  test("makes a keyring of this name", () => {
    const [key, description] = inChild(`${IMPORTS} ${JOIN} report(describeKey(key));`);
    expect(key).toBeGreaterThan(0);
    expect(description).toEqual({ type: "keyring", uid: 0, gid: 0, permissions: 0x3f13_0000, description: NAME });
  });

  test("joins the one that there is, if it may be searched", async () => {
    const key = await holder();
    await expect.poll(() => inChild(`${IMPORTS} ${JOIN}`)).toEqual([key]);
  });
});
