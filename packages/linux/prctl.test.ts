import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { inChild, nodeArguments } from "./in-child.ts";

describe("setParentDeathSignal()", () => {
  test("is read back", () => {
    const values = inChild(`
      import { getParentDeathSignal, setParentDeathSignal } from "./prctl.ts";
      report(getParentDeathSignal());
      setParentDeathSignal(9);
      report(getParentDeathSignal());
      setParentDeathSignal(0);
      report(getParentDeathSignal());
    `);
    expect(values).toEqual([0, 9, 0]);
  });

  test("ends a child whose parent ends", () => {
    const child = nodeArguments(`
      import { setParentDeathSignal } from "./prctl.ts";
      setParentDeathSignal(9);
      report("ready");
      setTimeout(() => console.error("survived"), 5_000);
    `);
    const parent = nodeArguments(`
      import { spawn } from "node:child_process";
      const child = spawn(process.execPath, ${JSON.stringify(child)}, { stdio: ["ignore", "pipe", "inherit"] });
      child.stdout.once("data", () => process.exit());
    `);
    // Standard error stays open as long as one of them lives, and spawnSync waits for its end.
    const { stderr } = spawnSync(process.execPath, parent, { cwd: import.meta.dirname, encoding: "utf8" });
    expect(stderr).toBe("");
  });
});

describe("setNoNewPrivs()", () => {
  test("holds for the caller and for what it executes", () => {
    const values = inChild(`
      import { execFileSync } from "node:child_process";
      import { getNoNewPrivs, setNoNewPrivs } from "./prctl.ts";
      report(getNoNewPrivs());
      setNoNewPrivs();
      report(getNoNewPrivs());
      report(execFileSync("grep", ["NoNewPrivs", "/proc/self/status"], { encoding: "utf8" }));
    `);
    expect(values).toEqual([false, true, "NoNewPrivs:\t1\n"]);
  });
});

describe("setChildSubreaper()", () => {
  test("makes the caller the parent of orphans", () => {
    const [before, on, orphanParent, own] = inChild(`
      import { execFileSync } from "node:child_process";
      import { getChildSubreaper, setChildSubreaper } from "./prctl.ts";
      import { kill } from "./signals.ts";
      import { readProcessStat } from "./proc.ts";
      import { waitpid } from "./wait.ts";
      report(getChildSubreaper());
      setChildSubreaper(true);
      report(getChildSubreaper());
      const orphan = Number(execFileSync("sh", ["-c", "sleep 60 >/dev/null 2>&1 & echo $!"], { encoding: "utf8" }));
      report(readProcessStat(orphan).ppid);
      report(process.pid);
      kill(orphan, 9);
      waitpid(orphan);
    `);
    expect([before, on]).toEqual([false, true]);
    expect(orphanParent).toBe(own);
  });
});

test.each(["KeepCaps", "Dumpable"])("set%s() is read back", (name) => {
  const values = inChild(`
    import { get${name} as get, set${name} as set } from "./prctl.ts";
    set(true);
    report(get());
    set(false);
    report(get());
  `);
  expect(values).toEqual([true, false]);
});

describe("setSecurebits()", () => {
  test("changes what UID 0 means: without it, execve gives no capabilities", () => {
    const [bits, capabilities] = inChild(`
      import { execFileSync } from "node:child_process";
      import { getSecurebits, SECBIT_NOROOT, setSecurebits } from "./prctl.ts";
      setSecurebits(SECBIT_NOROOT);
      report(getSecurebits());
      report(execFileSync("grep", ["CapEff", "/proc/self/status"], { encoding: "utf8" }));
    `);
    expect(bits).toBe(1);
    expect(capabilities).toBe("CapEff:\t0000000000000000\n");
  });

  test("can be locked", () => {
    const unlock = () =>
      inChild(`
        import { SECBIT_NOROOT, securebitLock, setSecurebits } from "./prctl.ts";
        setSecurebits(SECBIT_NOROOT | securebitLock(SECBIT_NOROOT));
        setSecurebits(0);
      `);
    expect(unlock).toThrow("prctl: EPERM");
  });
});
