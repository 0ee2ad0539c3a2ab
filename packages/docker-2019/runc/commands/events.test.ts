import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { cgroupMode } from "@eras/cgroups/detect.ts";
import { describe, expect, test } from "vitest";
import {
  create,
  eventually,
  GENUINE,
  message,
  missing,
  OURS,
  type Runtime,
  runtime,
  start,
} from "../testsuite/on-bundle.ts";

/** The names of all members, with their places: `data.cpu.usage.total`. Those that are left out when they are 0 come and go. */
function names(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([name, member]) => names(member, `${prefix}.${name}`));
}

/** Follows a container. @returns Its events so far, and how the program ended. */
function follow({ program, root, id }: Runtime, ...flags: string[]) {
  const child = spawn(program, ["--root", root, "events", ...flags, id], { stdio: ["ignore", "pipe", "inherit"] });
  const events: { type: string; id: string; data?: { pids: { current?: number } } }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => events.push(JSON.parse(line)));
  return { child, events, ended: once(child, "close") };
}

function descriptors(pid: number): string[] {
  const dir = `/proc/${pid}/fd`;
  return readdirSync(dir).map((fd) => readlinkSync(`${dir}/${fd}`));
}

describe.skipIf(missing)(`runc events${missing ? ` (needs ${missing})` : ""}`, () => {
  test("--stats tells the same as the genuine one", () => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => {
      const each = runtime(program);
      create(each);
      const { status, stdout, stderr } = each.call("events", "--stats", each.id);
      expect({ status, stderr, lines: stdout.split("\n").length }).toEqual({ status: 0, stderr: "", lines: 2 });
      const event = JSON.parse(stdout);
      expect(event).toMatchObject({ type: "stats", id: each.id });
      return event;
    });
    const usage = /\.(?:failcnt|usage|max|cache|current|op|major|minor|value|periods)$|blkio/;
    const always = (event: object) => names(event).filter((name) => !usage.test(name));
    expect(always(ours)).toEqual(always(theirs));
    expect(ours.data.cpuset).toEqual(theirs.data.cpuset);
    expect(ours.data.memory.usage.limit).toBe(theirs.data.memory.usage.limit);
  });

  test("tells again and again, and ends with the container", async () => {
    const ours = runtime(OURS);
    start(ours);
    const { events, ended } = follow(ours, "--interval", "100ms");
    await eventually(() => events.length).toBeGreaterThan(2);
    expect(events[0]).toMatchObject({ type: "stats", id: ours.id, data: { pids: { current: 1 } } });
    ours.call("kill", ours.id, "KILL");
    expect(await ended).toEqual([0, null]);
  });

  const isV1 = cgroupMode() === "v1";
  test.skipIf(isV1)(
    `ends soon, whatever the interval${isV1 ? " (not on v1, which tells of no end)" : ""}`,
    async () => {
      const ours = runtime(OURS);
      start(ours);
      const { child, events, ended } = follow(ours, "--interval", "1h");
      await eventually(() => descriptors(child.pid!)).toContain("anon_inode:inotify");
      ours.call("delete", "-f", ours.id);
      expect(await ended).toEqual([0, null]);
      expect(events).toEqual([]);
    },
  );

  test("tells when memory has run out", async () => {
    const hungry = "while :; do dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 0.1; done";
    const ours = runtime(OURS, (spec) => ({
      ...spec,
      process: { ...spec.process!, args: ["sh", "-c", hungry] },
      linux: { ...spec.linux, resources: { ...spec.linux!.resources, memory: { limit: 16 << 20, swap: 16 << 20 } } },
    }));
    start(ours);
    const { events, ended } = follow(ours);
    await eventually(() => events).toContainEqual({ type: "oom", id: ours.id });
    ours.call("kill", ours.id, "KILL");
    await ended;
  });

  test("ends when nobody reads any more", async () => {
    const ours = runtime(OURS);
    start(ours);
    const { child, ended } = follow(ours, "--interval", "50ms");
    child.stdout.destroy();
    expect(await ended).toEqual([1, null]);
  });

  test("refuses what can't be followed, in the genuine one's words", () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const each of both) start(each);
    const said = (...args: string[]) =>
      both.map((each) => each.call("events", ...args, each.id)).map((outcome) => [outcome.status, message(outcome)]);
    const [ours, theirs] = said("--interval", "0");
    expect(ours).toEqual(theirs);
    expect(said("--interval", "soon")[0]).toEqual([1, 'invalid duration "soon": 5s, 500ms or 1h30m would be valid']);
    for (const each of both) each.call("delete", "-f", each.id);
    const [gone, theirsGone] = said("--stats");
    expect(gone).toEqual(theirsGone);
  });

  test("refuses a container that has stopped", async () => {
    const both = [OURS, GENUINE].map((program) => runtime(program));
    for (const each of both) {
      start(each);
      each.call("kill", each.id, "KILL");
      await eventually(() => JSON.parse(each.call("state", each.id).stdout).status).toBe("stopped");
    }
    const said = both.map((each) => message(each.call("events", each.id)).replace(each.id, "ID"));
    expect(said).toEqual(["container with id ID is not running", "container with id ID is not running"]);
  });
});
