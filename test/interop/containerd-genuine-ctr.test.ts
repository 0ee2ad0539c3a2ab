/** The genuine `ctr` at our containerd and at a genuine one, command by command: it shows the same. */
import { once } from "node:events";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { unmountAll } from "@eras/docker-2019/mounts.ts";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { DOCKER_REGISTRY, GenuineRegistry } from "../genuine/registry.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { Containerd2019 } from "../harness/containerd-2019.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { missing } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";

const IMAGE = "docker.io/library/busybox:latest";
const ENTER = "\r";
/** With a runc that knows the containers of one side only. */
const RUN = "run --runc-root PLACE/runc --cgroup /CGROUP/c";

/** A containerd, and where its things are. */
interface Side {
  readonly place: Place;
  readonly containerd: Containerd2019 | GenuineContainerd;
}

describe("genuine ctr, at our containerd,", () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr", "/usr/bin/containerd-shim-runc-v2", DOCKER_REGISTRY);
  if (reason) return void test.skip(reason);

  let ours: Side;
  let genuine: Side;
  let registry: GenuineRegistry;
  let registryPlace: Place;
  const archive = busyboxImage(IMAGE);
  beforeAll(async () => {
    registryPlace = newPlace();
    registry = await GenuineRegistry.start(registryPlace.dir);
    const [first, second] = [newPlace(), newPlace()];
    ours = { place: first, containerd: await Containerd2019.start(first.dir) };
    genuine = { place: second, containerd: await GenuineContainerd.start(second.dir) };
    for (const { containerd } of [ours, genuine]) await containerd.load(archive);
  });
  afterAll(async () => {
    const left: string[] = [];
    for (const { place, containerd } of [ours, genuine]) {
      await containerd.stop();
      left.push(...(await removePlace(place)));
    }
    await registry.stop();
    await removePlace(registryPlace);
    expect(left).toEqual([]);
  });

  /** What a command shows at both, which is the same. `PLACE` and `CGROUP` in an argument are each one's own. */
  async function shown(args: readonly string[], input?: Buffer): Promise<ProgramResult> {
    const [ourResult, genuineResult] = await Promise.all([ours, genuine].map((side) => at(side, args, input)));
    expect(ourResult).toEqual(genuineResult);
    return ourResult!;
  }

  function inPlace({ dir, cgroupParent }: Place, args: readonly string[]): string[] {
    return args.map((arg) => arg.replace("PLACE", dir).replace("CGROUP", cgroupParent));
  }

  async function at({ place, containerd }: Side, args: readonly string[], input?: Buffer): Promise<ProgramResult> {
    const { stdout, stderr, status } = await containerd.ctr(inPlace(place, args), input);
    return { stdout: comparable(stdout, place), stderr: comparable(stderr, place), status };
  }

  const ctr = (line: string, input?: Buffer) => shown(line.split(" "), input);
  const succeeds = async (line: string, input?: Buffer) => {
    const result = await ctr(line, input);
    expect(result).toMatchObject({ status: 0 });
    return result.stdout;
  };
  const collectGarbage = async () => {
    for (const line of ["leases create --id now", "leases rm --sync now"]) await succeeds(line);
  };
  const manifest = async () => (await succeeds("images ls")).match(/sha256:[0-9a-f]{64}/)![0];

  describe("keeps", () => {
    let events: ContainerdEvents[];
    beforeAll(async () => {
      events = [ours, genuine].map(({ containerd }) => new ContainerdEvents(containerd));
      await delay(200); // they have no way to tell that they listen
    });
    afterAll(() => Promise.all(events.map((each) => each.stop())));

    test("namespaces", async () => {
      await succeeds("namespaces create web tier=front");
      await succeeds("namespaces label web tier= owner=me");
      expect(await succeeds("namespaces ls")).toMatch(/web\s+owner=me/);
      expect((await ctr("namespaces create web")).stderr).toContain("already exists");
      await succeeds("namespaces rm web");
      await ctr("namespaces rm web");
    });

    test("images: loaded, listed, tagged, checked, labelled, exported, mounted, removed", async () => {
      await succeeds("images import -", archive);
      expect(await succeeds("images ls")).toContain(IMAGE);
      await succeeds(`images tag ${IMAGE} example.com/b:1`);
      expect((await ctr(`images tag ${IMAGE} example.com/b:1`)).stderr).toContain("already exists");
      expect(await succeeds("images check")).toMatch(/complete \(2\/2\)/);
      await succeeds(`images label ${IMAGE} a=b`);
      expect(await succeeds("images ls name==example.com/b:1")).not.toContain(IMAGE);
      await succeeds(`images export PLACE/out.tar ${IMAGE}`);
      const [one, other] = [ours, genuine].map(({ place }) => statSync(join(place.dir, "out.tar")).size);
      expect(one).toBe(other);
      for (const { place } of [ours, genuine]) {
        mkdirSync(join(place.dir, "mnt"));
        onTestFinished(() => unmountAll(join(place.dir, "mnt")));
      }
      await succeeds(`images mount ${IMAGE} PLACE/mnt`);
      expect(statSync(join(ours.place.dir, "mnt/bin/busybox")).isFile()).toBe(true);
      await succeeds("images unmount --rm PLACE/mnt");
      await succeeds("images rm example.com/b:1");
      expect((await ctr("images rm example.com/b:1")).stderr).toContain("not found");
    });

    test("content: listed, read, labelled, written, edited, deleted", async () => {
      await collectGarbage();
      expect((await succeeds("content ls -q")).split("\n").filter(Boolean)).toHaveLength(3);
      const digest = await manifest();
      expect(JSON.parse(await succeeds(`content get ${digest}`))).toHaveProperty("layers");
      await succeeds(`content label ${digest} a=b`);
      await succeeds("content ingest hello", Buffer.from("hello"));
      const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
      expect(await succeeds(`content get ${hello}`)).toBe("hello");
      await ctr(`content ingest --expected-digest ${digest} wrong`, Buffer.from("something else"));
      await ctr("content ingest --expected-size 7 short", Buffer.from("12345"));
      await succeeds(`content rm ${hello}`);
      await ctr(`content get ${hello}`);
      await ctr("content get sha256:nonsense");
      await ctr("content ls bad=filter");
      await succeeds("content active");
    });

    test("snapshots: prepared, viewed, committed, compared, measured, removed", async () => {
      const layer = (await succeeds("snapshots ls")).match(/sha256:[0-9a-f]{64}/)![0];
      expect(await succeeds(`snapshots prepare --target PLACE/mnt s1 ${layer}`)).toContain("-t overlay");
      expect(await succeeds(`snapshots view --target PLACE/mnt s2 ${layer}`)).toContain("-t bind");
      await ctr(`snapshots prepare s1 ${layer}`);
      await ctr("snapshots prepare s3 nosuch");
      await succeeds("snapshots commit done s1");
      await ctr("snapshots commit done s2");
      expect(JSON.parse(await succeeds("snapshots info done"))).toMatchObject({ Kind: "Committed", Parent: layer });
      await succeeds("snapshots label done a=b");
      await succeeds("snapshots usage -b done");
      expect((await at(ours, ["snapshots", "tree"])).stdout).toMatch(/\\_ done\n.*\\_ s2/); // the genuine one loses some
      await collectGarbage(); // ctr keeps what it prepares, and not what it views
      expect(await succeeds("snapshots ls")).not.toContain("s2");
      await succeeds("snapshots diff --media-type application/vnd.oci.image.layer.v1.tar done");
      await ctr(`snapshots rm ${layer}`);
      await succeeds("snapshots rm done");
      await ctr("snapshots --snapshotter nosuch ls");
    });

    test("leases", async () => {
      await succeeds("leases create --id l1 --expires 10m a=b");
      await ctr("leases create --id l1");
      expect(await succeeds("leases ls -q")).toContain("l1");
      await succeeds("leases rm --sync l1");
      await ctr("leases rm l1");
    });

    test("garbage no longer than it must", async () => {
      await succeeds("-n junk images import -", archive);
      expect(await succeeds("-n junk snapshots ls")).toContain("Committed");
      await succeeds(`-n junk images rm --sync ${IMAGE}`);
      expect(await succeeds("-n junk content ls -q")).toBe("");
      expect(await succeeds("-n junk snapshots ls")).not.toContain("Committed");
      await succeeds("namespaces rm junk");
    });

    test("none of it for itself: each change is told in an event", async () => {
      await succeeds("namespaces create last");
      await succeeds("namespaces rm last");
      const [ourEvents, genuineEvents] = await Promise.all(
        events.map(async (each, i) => {
          await each.waitFor(`/namespaces/delete {"name":"last"}`);
          const lines = each.lines.map((line) => comparable(line, [ours, genuine][i]!.place));
          return lines.filter((line) => !line.includes("PLACE/mnt")).sort(); // that one is garbage for a moment; labels are in no order
        }),
      );
      expect(ourEvents).toEqual(genuineEvents);
      for (const topic of [
        "content/delete",
        "images/update",
        "namespaces/update",
        "snapshot/commit",
        "snapshot/remove",
      ])
        expect(ourEvents).toContainEqual(expect.stringContaining(` /${topic} {`));
    });
  });

  describe("moves images:", () => {
    test("pushes one to a registry, and pulls it again", async () => {
      const name = `${registry.domain}/busybox:1`;
      for (const side of [ours, genuine]) {
        expect((await at(side, ["images", "push", "--plain-http", name, IMAGE])).status).toBe(0);
        expect((await at(side, ["-n", "pull", "images", "pull", "--plain-http", name])).status).toBe(0); // its progress is its own
      }
      await succeeds("-n pull images ls");
      await succeeds("-n pull images check");
      expect(await succeeds(`-n pull ${RUN}0 --rm ${name} c0 echo hello`)).toBe("hello\n");
      await succeeds(`-n pull images rm --sync ${name}`);
      await succeeds("namespaces rm pull");
    });
  });

  describe("runs", () => {
    afterEach(async () => {
      for (const { containerd } of [ours, genuine]) {
        const ids = (await containerd.ctr(["containers", "ls", "-q"])).stdout.split("\n").filter(Boolean);
        for (const id of ids) await containerd.ctr(["tasks", "rm", "--force", id]); // of a test that failed
        if (ids.length > 0) await containerd.ctr(["containers", "rm", ...ids]);
      }
    });

    test("a container on a snapshot of its own", async () => {
      const script = ["sh", "-c", "echo out; echo err >&2; touch /made; exit 7"];
      const command = [...`${RUN}1 --rm ${IMAGE} c1`.split(" "), ...script];
      expect(await shown(command)).toEqual({ stdout: "out\n", stderr: "err\n", status: 7 });
      expect(await succeeds("snapshots ls")).not.toContain("c1");
      await succeeds("containers ls");
    });

    test("a container whose root is somebody else on the host", async () => {
      const id = ours.place.cgroupParent; // one of its own: with these flags genuine ctr drops --runc-root
      const command = `run --cgroup /CGROUP/c1 --rm --uidmap 0:1000:10 --gidmap 0:2000:10 ${IMAGE} ${id} cat /proc/self/uid_map`;
      expect(await at(ours, command.split(" "))).toMatchObject({
        stdout: expect.stringMatching(/^ +0 +1000 +10\n$/),
        status: 0,
      });
    });

    test("a terminal", async () => {
      const terminal = new Terminal({ rows: 33, columns: 101 });
      // ctr tells the size after the start; a shell that is told of it while somebody types forgets the line
      const script = "until stty size 2> /dev/null | grep '33 101'; do usleep 20000; done; exec sh";
      const run = [...inPlace(ours.place, `${RUN}5 --rm -t ${IMAGE} c5`.split(" ")), "sh", "-c", script];
      const args = [...ours.containerd.address, ...run];
      const ended = once(terminal.run("ctr", args, shellEnvironment()), "exit");
      await terminal.waitFor(/33 101\r+\n/);
      await terminal.waitFor("/ # ");
      terminal.type(`exit 3${ENTER}`);
      expect(await ended).toEqual([3, null]);
      terminal.close();
    });

    test("and tells of it: containers, tasks, processes, metrics, events", async () => {
      const events = [ours, genuine].map(({ containerd }) => new ContainerdEvents(containerd));
      onTestFinished(async () => void (await Promise.all(events.map((each) => each.stop()))));
      await delay(200); // they have no way to tell that they listen
      await succeeds(`${RUN}2 -d ${IMAGE} c2 sleep 1000`);
      await ctr(`${RUN}2 -d ${IMAGE} c2 sleep 1000`);
      await succeeds("containers label c2 a=b");
      await succeeds("containers ls labels.a==b");
      expect(JSON.parse((await at(ours, "containers info c2".split(" "))).stdout)).toMatchObject({
        ID: "c2",
        Image: IMAGE,
      });
      await succeeds("tasks ls");
      await succeeds("tasks ps c2");
      expect(JSON.parse((await at(ours, "tasks metrics --format json c2".split(" "))).stdout).pids.current).toBe(1);
      expect(await ctr("tasks exec --exec-id e1 c2 sh -c ls")).toMatchObject({ status: 0 });
      await ctr("tasks exec --exec-id e1 c2 nosuch");
      await ctr("tasks exec --exec-id .. c2 true");
      await succeeds("tasks pause c2");
      expect(await succeeds("tasks ls")).toContain("PAUSED");
      await succeeds("tasks resume c2");
      await ctr("containers rm c2");
      await ctr("tasks rm c2");
      await ctr("tasks rm --exec-id nosuch c2");
      await succeeds("tasks kill -s KILL c2");
      for (const each of events) await each.waitFor(`"id":"c2","pid"`);
      await ctr("tasks kill c2");
      await succeeds("tasks rm c2");
      await ctr("tasks rm c2");
      await ctr("tasks start nosuch");
      await succeeds("containers rm c2");
      await ctr("containers info c2");
      for (const each of events) await each.waitFor("/containers/delete");
      const [ourTopics, genuineTopics] = events.map(({ topics }) => topics);
      expect(ourTopics).toEqual(genuineTopics);
    });

    test("nothing of what is not there", async () => {
      await ctr("run --rm example.com/nosuch:1 c3 true");
      await ctr(`run --rm --runtime io.containerd.nosuch.v1 ${IMAGE} c3 true`);
      await ctr(`run --rm ${IMAGE} ../c3 true`);
      await ctr(`run --rm --snapshotter nosuch ${IMAGE} c3 true`);
      await succeeds("containers ls");
      await collectGarbage(); // of what was prepared for a container that could not be
      expect(await succeeds("snapshots ls")).not.toContain("c3");
    });

    test("with the snapshotter native too", async () => {
      const image = "example.com/native:1";
      await succeeds("-n native images import --snapshotter native -", busyboxImage(image));
      expect(await succeeds(`-n native ${RUN}4 --rm --snapshotter native ${image} c4 echo hello`)).toBe("hello\n");
      await succeeds(`-n native images rm --sync ${image}`);
    });
  });

  test("tells who it is, and what it is made of", async () => {
    expect((await at(ours, ["version"])).stdout).toMatch(/Server:\n {2}Version: {2}1\.2\.6\+docker-eras/);
    const plugins = (await at(ours, ["plugins", "ls"])).stdout;
    for (const name of ["overlayfs", "native", "content", "tasks"]) expect(plugins).toMatch(new RegExp(`${name}.* ok`));
  });
});

/** Without what differs from one containerd, or one moment, to the other. */
function comparable(text: string, { dir, cgroupParent }: Place): string {
  return text
    .replaceAll(dir, "PLACE")
    .replaceAll(cgroupParent, "CGROUP")
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?/g, "TIME")
    .replace(/(Less than a second|\d+ seconds?|About a minute|\d+ minutes?)\t/g, "AGE\t")
    .replace(/snapshots\/\d+/g, "snapshots/N")
    .replace(/(extract|view)-\d+-[\w-]{4}/g, "$1-N")
    .replace(/^(\S+\s+)\d+(\s+(RUNNING|STOPPED|PAUSED))/gm, "$1PID$2")
    .replace(/^\d+(\s+-)$/gm, "PID$1")
    .replace(/elapsed: .*/g, "elapsed")
    .replace(/[^\s,]+=[^\s,]+(,[^\s,]+=[^\s,]+)+/g, (labels) => labels.split(",").sort().join()); // Go's maps have no order
}
