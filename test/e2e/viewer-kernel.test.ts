/** What the page's Kernel pane shows is true: a container of each era tells what the kernel says of it, and the pane has drawn the same. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CAPABILITIES } from "@eras/linux/capabilities.ts";
import { type Process, type World, worldAt } from "@eras/viewer/page/world.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIn, tracePage2013, tracePage2019 } from "../harness/traced-page.ts";

const START_MS = 120_000;
/** Prints the container's mount points, its namespaces, what it may do, and its name. */
const WITNESS = `
  cut -d" " -f5 /proc/self/mountinfo
  for namespace in /proc/self/ns/*; do readlink $namespace; done
  grep -e CapBnd: -e Seccomp: /proc/self/status
  ip -4 addr show eth0 2>&1
  hostname`;

const dir = mkdtempSync(join(tmpdir(), "docker-eras-viewer-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** `mnt:[4026531841]` and so on, as this process has them. */
function namespacesHere(): string[] {
  return readdirSync("/proc/self/ns").map((name) => readlinkSync(`/proc/self/ns/${name}`));
}

describe.each([
  ["2013", tracePage2013],
  ["2019", tracePage2019],
])("of a container of %s", (era, tracePage) => {
  let said: string[];
  let world: World;
  let atEnd: World;
  let init: Process;
  beforeAll(async () => {
    const file = join(dir, `${era}.html`);
    const { stdout } = await tracePage(file, ["/bin/sh", "-c", WITNESS]);
    said = stdout.trimEnd().split("\n");
    const { events } = runIn(file);
    const index = events.findLastIndex(({ kind, actor }) => kind === "end" && actor === "init");
    world = worldAt(events, index);
    atEnd = worldAt(events, events.length - 1);
    init = world.processes.get(events[index]!.pid)!;
  }, START_MS);

  const status = (name: string) => said.find((line) => line.startsWith(`${name}:`))!.split("\t")[1]!;

  test("its mounts, at their places", () => {
    const mountPoints = said.filter((line) => line.startsWith("/"));
    const drawn = world.mounts.filter(({ namespace }) => namespace === init.namespaces.get("mnt"));
    expect(drawn).toHaveLength(mountPoints.length);
    const [root, ...inside] = drawn.map(({ target }) => target);
    expect(root).toMatch(/\/(rootfs|merged)$/);
    const named = inside.filter((target) => target.startsWith("/"));
    expect(named.length).toBeGreaterThan(5);
    expect(mountPoints).toEqual(expect.arrayContaining(named));
  });

  test("its namespaces: those that aren't the host's", () => {
    const own = said.filter((line) => /^\w+:\[\d+\]$/.test(line) && !namespacesHere().includes(line));
    const kinds = new Set(own.map((line) => line.split(":")[0]));
    expect(new Set(init.namespaces.keys())).toEqual(kinds);
  });

  test("the capabilities that it has given up, and its filter", () => {
    const kept = BigInt(`0x${status("CapBnd")}`);
    const last = BigInt(Math.max(...Object.values(CAPABILITIES)));
    const lost = Array.from({ length: Number(last) + 1 }, (_, i) => i).filter((i) => (kept & (1n << BigInt(i))) === 0n);
    expect([...init.dropped].toSorted((a, b) => a - b)).toEqual(lost);
    expect(init.isFiltered).toBe(status("Seccomp") === "2");
  });

  if (era === "2019") {
    // containers of 2013 have the host's network
    test("its cable to the bridge, the rules, and what the kernel has counted in the end", () => {
      const [link] = [...world.links.values()];
      expect(said.join("\n")).toContain(`inet ${link!.address} `);
      expect(link).toMatchObject({ id: expect.stringMatching(/^veth/), namespace: init.namespaces.get("net") });
      expect(world.rules.length).toBeGreaterThan(5);
      expect(world.rules.every(({ packets }) => packets === undefined)).toBe(true);
      const after = [...atEnd.links.values()][0]!.counted!;
      for (const way of ["fromContainer", "toContainer"] as const) expect(after[way].packets).toBeGreaterThanOrEqual(0);
      const written = (rules: World["rules"]) => rules.map(({ table, rule }) => `${table} ${rule}`);
      expect(written(atEnd.rules)).toEqual(expect.arrayContaining(written(world.rules)));
      for (const { packets } of atEnd.rules) expect(packets).toBeGreaterThanOrEqual(0);
      const [cgroup] = [...atEnd.cgroups.values()];
      expect(cgroup!.counted).toMatchObject({ cpuNs: expect.any(Number), memoryPeakBytes: expect.any(Number) });
      expect(Number(cgroup!.counted!.cpuNs)).toBeGreaterThan(0);
    });
  }

  test("its host name", () => expect(world.hostnames.get(init.namespaces.get("uts")!)).toBe(said.at(-1)));
});
