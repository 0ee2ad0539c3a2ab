import { describe, expect, test } from "vitest";
import { inChild } from "./in-child.ts";

const PREPARE = `
  import { readdirSync, readFileSync } from "node:fs";
  import { setgroups, setresgid, setresuid } from "./credentials.ts";
  const everyThread = (field) => {
    const rows = readdirSync("/proc/self/task").map((thread) =>
      new RegExp("^" + field + ":\\\\t(.*?) *$", "m").exec(readFileSync("/proc/self/task/" + thread + "/status", "utf8"))[1]);
    return { threads: rows.length, values: [...new Set(rows)] };
  };
`;

describe("setresuid()", () => {
  test("changes every thread of Node, for good", () => {
    const [uid, gid, groups, error] = inChild(`
      ${PREPARE}
      setgroups([7, 8]);
      setresgid(1001, 1001, 1001);
      setresuid(1000, 1000, 1000);
      report(everyThread("Uid"));
      report(everyThread("Gid"));
      report(everyThread("Groups"));
      try { setresuid(0, 0, 0) } catch ({ message }) { report(message) }
    `) as [{ threads: number; values: string[] }, { values: string[] }, { values: string[] }, string];
    expect(uid.threads).toBeGreaterThan(1);
    expect(uid.values).toEqual(["1000\t1000\t1000\t1000"]);
    expect(gid.values).toEqual(["1001\t1001\t1001\t1001"]);
    expect(groups.values).toEqual(["7 8"]);
    expect(error).toBe("setresuid: EPERM");
  });

  test("sets the three ids apart", () => {
    expect(inChild(`${PREPARE} setresuid(1, 2, 0); report(everyThread("Uid").values);`)).toEqual([["1\t2\t0\t2"]]);
  });
});

describe("setgroups()", () => {
  test("can drop them all", () => {
    expect(inChild(`${PREPARE} setgroups([]); report(everyThread("Groups").values);`)).toEqual([[""]]);
  });
});
