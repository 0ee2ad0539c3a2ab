import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const PREPARE = `
  import { readdirSync, readFileSync } from "node:fs";
  import { setgroups, setresgid, setresuid } from "./thread-credentials.ts";
  const ids = (thread) => readFileSync("/proc/self/task/" + thread + "/status", "utf8").match(/^(?:Uid|Gid|Groups):.*?(?= *$)/gm);
  const others = () => readdirSync("/proc/self/task").filter((thread) => Number(thread) !== process.pid);
`;

describe("setresuid(), setresgid() and setgroups()", () => {
  test("change the calling thread and no other", () => {
    const [own, other] = inChild(`
      ${PREPARE}
      const [before] = others().map(ids);
      setgroups([7, 8]);
      setresgid(1, 2, 3);
      setresuid(4, 5, 6);
      report(ids(process.pid));
      report(others().every((thread) => String(ids(thread)) === String(before)));
    `);
    expect(own).toEqual(["Uid:\t4\t5\t6\t5", "Gid:\t1\t2\t3\t2", "Groups:\t7 8"]);
    expect(other).toBe(true);
  });

  test("tell what the kernel refuses", () => {
    const outcome = inChild(`
      ${PREPARE}
      setresuid(4, 4, 4);
      for (const call of [() => setresuid(0, 0, 0), () => setresgid(1, 1, 1), () => setgroups([])]) {
        try { call() } catch ({ message }) { report(message) }
      }
    `);
    expect(outcome).toEqual(["setresuid: EPERM", "setresgid: EPERM", "setgroups: EPERM"]);
  });
});
