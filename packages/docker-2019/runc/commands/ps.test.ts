import { describe, expect, test } from "vitest";
import { eventually, GENUINE, message, missing, OURS, runtime, start } from "../testsuite/on-bundle.ts";

describe.skipIf(missing)(`runc ps${missing ? ` (needs ${missing})` : ""}`, () => {
  const running = () => {
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", "sleep 1001 & sleep 1002; :"] },
    }));
    start(ours);
    return ours;
  };

  test("shows the container's processes, as ps(1) of the host sees them, and nobody else", async () => {
    const { call, id } = running();
    const commands = () => call("ps", id, "-o", "pid,args").stdout.split("\n").slice(0, -1);
    await eventually(commands).toHaveLength(4); // the shell forks
    expect(commands().map((line) => line.trim().replace(/^\d+ /, ""))).toEqual([
      "PID COMMAND",
      "sh -c sleep 1001 & sleep 1002; :",
      "sleep 1001",
      "sleep 1002",
    ]);
    expect(call("ps", id).stdout).toMatch(/^UID +PID +PPID .*\n(?:root .*\n){3}$/);
  });

  test("tells their numbers as JSON", async () => {
    const { call, id } = running();
    const { pid } = JSON.parse(call("state", id).stdout);
    const pids = () => JSON.parse(call("ps", "--format", "json", id).stdout);
    await eventually(pids).toHaveLength(3);
    expect(pids()[0]).toBe(pid);
    call("kill", id, "KILL");
    await eventually(pids).toBeNull();
    expect(call("ps", id).stdout).toMatch(/^UID.*\n$/);
  });

  test("says what is wrong in the genuine one's words", () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const each of both) start(each);
    for (const args of [["--format", "xml", "ID"], ["ID", "-o", "args"], ["ID", "--zz"], ["nobody"], []]) {
      const [ours, theirs] = both.map((each) => each.call("ps", ...args.map((arg) => (arg === "ID" ? each.id : arg))));
      expect([ours!.status, message(ours!)]).toEqual([1, message(theirs!)]);
    }
  });
});
