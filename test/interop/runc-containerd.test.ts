/** `ctr run --runc-binary` at a genuine containerd, whose shim drives the runtime: what a user sees, and what the kernel was told. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cgroupMounts } from "@eras/cgroups/detect.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { GenuineContainerd } from "../genuine/containerd.ts";
import { ContainerdEvents } from "../genuine/containerd-events.ts";
import { busyboxImage } from "../harness/busybox-image.ts";
import { newPlace, type Place, removePlace } from "../harness/remains.ts";
import { type ProgramResult, shellEnvironment } from "../harness/run-program.ts";
import { GENUINE_RUNC, missing, RUNTIME, type Runtime } from "../harness/runtime-under-test.ts";
import { Terminal } from "../harness/terminal.ts";

const IMAGE = "docker.io/library/busybox:latest";
const ENTER = "\r";

describe(`containerd, with ${RUNTIME.name},`, () => {
  const reason = missing("/usr/bin/containerd", "/usr/bin/ctr");
  if (reason) return void test.skip(reason);

  let place: Place;
  let containerd: GenuineContainerd;
  beforeAll(async () => {
    place = newPlace();
    containerd = await GenuineContainerd.start(place.dir);
    await containerd.load(busyboxImage(IMAGE));
  });
  afterAll(async () => {
    await containerd.stop();
    expect(await removePlace(place)).toEqual([]);
  });
  afterEach(removeContainers);

  let count = 0;
  const ctr = (...args: string[]) => containerd.ctr(args);

  /** `run FLAGS… IMAGE ID COMMAND…`, without the flags that say with which runtime and where. */
  function runArguments(runtime: Runtime, flags: readonly string[], id: string, command: readonly string[]): string[] {
    const where = ["--runc-binary", runtime.path, "--runc-root", join(place.dir, "runc")];
    return ["run", ...where, "--cgroup", `/${place.cgroupParent}/${id}`, ...flags, IMAGE, id, ...command];
  }
  function run(flags: readonly string[], command: readonly string[], runtime = RUNTIME): Promise<ProgramResult> {
    return ctr(...runArguments(runtime, ["--rm", ...flags], `c${++count}`, command));
  }
  /** Starts a container that stays. @returns Its id. */
  async function runDetached(flags: readonly string[], ...command: string[]): Promise<string> {
    const id = `c${++count}`;
    expect(await ctr(...runArguments(RUNTIME, ["-d", ...flags], id, command))).toEqual(success);
    return id;
  }
  async function removeContainers(): Promise<void> {
    const ids = (await ctr("containers", "ls", "-q")).stdout.split("\n").filter(Boolean);
    for (const id of ids) {
      await ctr("tasks", "delete", "--force", id);
      await ctr("containers", "delete", id);
    }
  }
  const success = { stdout: "", stderr: "", status: 0 };

  /** The task's line in `ctr tasks ls`: id, pid, status. */
  async function taskStatus(id: string): Promise<string | undefined> {
    const lines = (await ctr("tasks", "ls")).stdout.split("\n").map((line) => line.split(/\s+/));
    return lines.find(([name]) => name === id)?.[2];
  }
  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition()));
  }
  /** The first line of a control file of a container, as the host sees it. */
  function controlFile(controller: string, id: string, file: string): string {
    const mount = cgroupMounts().v1.get(controller)!;
    return readFileSync(join(mount, place.cgroupParent, id, file), "utf8").trim();
  }

  describe("run", () => {
    test("shows both outputs and ends with the container's exit status", async () => {
      expect(await run([], ["sh", "-c", "echo out; echo err >&2; exit 7"])).toEqual({
        stdout: "out\n",
        stderr: "err\n",
        status: 7,
      });
    });

    test("ends with 128 and the signal that ended the container", async () => {
      const id = `c${++count}`;
      const ended = ctr(...runArguments(RUNTIME, ["--rm"], id, ["sleep", "1000"]));
      await until(async () => (await taskStatus(id)) === "RUNNING");
      expect(await ctr("tasks", "kill", "--signal", "SIGKILL", id)).toEqual(success);
      expect((await ended).status).toBe(137);
    });

    test("feeds stdin", async () => {
      const args = runArguments(RUNTIME, ["--rm"], `c${++count}`, ["sh", "-c", 'read line; echo "got $line"']);
      expect((await containerd.ctr(args, "hello\n")).stdout).toBe("got hello\n"); // the end of stdin, ctr 1.6 may not pass on
    });

    test("-d leaves it running, with its pid in the file", async () => {
      const pidFile = join(place.dir, "pid");
      const id = await runDetached(["--pid-file", pidFile], "sleep", "1000");
      expect(await taskStatus(id)).toBe("RUNNING");
      const commandLine = `/proc/${readFileSync(pidFile, "utf8")}/cmdline`;
      await until(() => readFileSync(commandLine, "utf8") === "sleep\x001000\x00"); // "start" lets go; execve comes after
    });

    test("-t gives the shell a terminal with job control and the window's size", async () => {
      const terminal = new Terminal({ rows: 33, columns: 101 });
      const args = [...containerd.address, ...runArguments(RUNTIME, ["--rm", "-t"], `c${++count}`, ["sh"])];
      const ended = once(terminal.run("ctr", args, shellEnvironment()), "exit");
      await terminal.waitFor("/ # ");
      terminal.type(`stty size; tty; ls -l /dev/console${ENTER}`); // ctr adds to each line end a \r of its own
      await terminal.waitFor(/\n33 101\r+\n/);
      expect(await terminal.waitFor(/(\S+)\r+\n/)).toMatch(/^\/dev\/(console|pts\/0)$/);
      await terminal.waitFor(/crw.* 136, +0 .*\/dev\/console/);
      expect(terminal.shown).not.toContain("job control turned off");
      terminal.type(`sh -c 'trap "stty size; exit 3" WINCH; echo $((6 * 7)); while :; do usleep 10000; done'${ENTER}`);
      await terminal.waitFor(/42\r+\n/);
      terminal.resize({ rows: 44, columns: 55 });
      await terminal.waitFor(/44 55\r+\n/);
      terminal.type(`exit 3${ENTER}`);
      expect(await ended).toEqual([3, null]);
      terminal.close();
    });
  });

  describe("does with each flag what genuine runc does:", () => {
    const status = ["grep", "-E", "^(Cap|NoNew|Seccomp:)", "/proc/self/status"];
    const cases: [flags: string[], command: string[], shown: RegExp][] = [
      [[], status, /CapEff:\t00000000a80425fb\n[\s\S]*NoNewPrivs:\t1\nSeccomp:\t0/],
      [["--allow-new-privs", "--seccomp"], status, /NoNewPrivs:\t0\nSeccomp:\t2/],
      [["--cap-add", "CAP_NET_ADMIN", "--cap-drop", "CAP_CHOWN"], status, /CapEff:\t00000000a80435fa/],
      [["--privileged"], status, /CapEff:/],
      [["--read-only"], ["touch", "/x"], /Read-only file system/],
      [["--mount", "type=bind,src=/usr,dst=/mnt/x,options=rbind:ro"], ["sh", "-c", "ls /mnt/x; touch /mnt/x/y"], /bin/],
      [["--env", "A=b", "--cwd", "/tmp"], ["sh", "-c", "pwd; env"], /\/tmp\n[\s\S]*A=b/],
      [["--net-host"], ["readlink", "/proc/self/ns/net"], /net:/],
      [["--with-ns", `uts:/proc/${process.pid}/ns/uts`], ["readlink", "/proc/self/ns/uts"], /uts:/],
      [["--device", "/dev/full"], ["ls", "-l", "/dev/full"], /1, +7/],
      [["--no-pivot"], ["ls", "/"], /proc/],
      [
        ["--rootfs-propagation", "rslave"],
        ["sh", "-c", "cut -d' ' -f5-7 /proc/self/mountinfo | sed s/:.*/:/"],
        /mqueue/,
      ],
      [[], ["nosuch"], /exec: "nosuch": executable file not found in \$PATH/],
      [[], ["/etc"], /exec: "\/etc": .*(permission denied|is a directory)/],
      [["--cwd", "/proc/self/exe"], ["true"], /cwd|not a directory/],
    ];
    for (const [flags, command, shown] of cases) {
      test(`${flags.join(" ")} ${command[0]}`, async () => {
        const [ours, genuine] = await Promise.all([run(flags, command), run(flags, command, GENUINE_RUNC)]);
        expect(`${genuine.stdout}${genuine.stderr}`).toMatch(shown);
        expect(ours).toEqual(genuine);
      });
    }

    test("--uidmap --gidmap", async () => {
      const flags = ["--uidmap", "0:100000:1000", "--gidmap", "0:200000:1000"];
      const script = "cat /proc/self/uid_map /proc/self/gid_map; ls -ln /bin/busybox /dev/null; id -G";
      const genuine = await run(flags, ["sh", "-c", script], GENUINE_RUNC); // one at a time: ctr makes a snapshot for the mapping
      expect(genuine.stdout).toMatch(/100000[\s\S]*200000/);
      expect(await run(flags, ["sh", "-c", script])).toEqual(genuine);
    });
  });

  describe("limits", () => {
    test("of memory and CPU reach the kernel", async () => {
      const id = await runDetached(
        ["--memory-limit", "67108864", "--cpus", "0.5", "--cpu-shares", "300"],
        "sleep",
        "1000",
      );
      expect(controlFile("memory", id, "memory.limit_in_bytes")).toBe("67108864");
      expect(controlFile("cpu", id, "cpu.cfs_quota_us")).toBe("50000");
      expect(controlFile("cpu", id, "cpu.shares")).toBe("300");
    });

    test("of memory end a container that wants more, with 137 and an event", async () => {
      const events = new ContainerdEvents(containerd);
      const greedyWhenAsked = "trap 'a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done' USR1; while :; do usleep 1000; done";
      const id = await runDetached(["--memory-limit", String(16 << 20)], "sh", "-c", greedyWhenAsked);
      while ((await taskStatus(id)) !== "STOPPED") await ctr("tasks", "kill", "--signal", "USR1", id); // once it is watched
      await events.waitFor(`/tasks/oom {"container_id":"${id}"}`);
      await events.waitFor(`"exit_status":137`);
      await events.stop();
    });
  });

  describe("a running task", () => {
    test("tells its life in events", async () => {
      const events = new ContainerdEvents(containerd);
      const id = await runDetached([], "sh", "-c", "read line");
      await ctr("tasks", "exec", "--exec-id", "e1", id, "true");
      await ctr("tasks", "pause", id);
      await ctr("tasks", "resume", id);
      await ctr("tasks", "kill", "--signal", "SIGKILL", id);
      await events.waitFor(`"exit_status":137`);
      await ctr("tasks", "delete", id);
      await events.waitFor("/tasks/delete");
      const topics = ["create", "start", "exec-added", "exec-started", "exit", "paused", "resumed", "exit", "delete"];
      expect(events.topics).toEqual(topics.map((topic) => `/tasks/${topic}`));
      await events.stop();
    });

    test("exec runs beside it, with its own exit status and outputs", async () => {
      const id = await runDetached(["--env", "A=b"], "sleep", "1000");
      const command = ["sh", "-c", "echo out $A; echo err >&2; ls /proc | grep '^[0-9]'; exit 9"];
      const { stdout, stderr, status } = await ctr("tasks", "exec", "--exec-id", "e1", id, ...command);
      expect({ stdout: stdout.split("\n").slice(0, 2), stderr, status }).toEqual({
        stdout: ["out b", "1"],
        stderr: "err\n",
        status: 9,
      });
    });

    test("exec says what it can't find", async () => {
      const id = await runDetached([], "sleep", "1000");
      const { stderr, status } = await ctr("tasks", "exec", "--exec-id", "e1", id, "nosuch");
      expect(stderr).toContain(
        `OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch"`,
      );
      expect(stderr).toContain("executable file not found in $PATH");
      expect(status).toBe(1);
    });

    test("exec -t has a terminal and job control", async () => {
      const id = await runDetached([], "sleep", "1000");
      const terminal = new Terminal();
      const args = [...containerd.address, "tasks", "exec", "-t", "--exec-id", "e1", id, "sh"];
      const ended = once(terminal.run("ctr", args, shellEnvironment()), "exit");
      await terminal.waitFor("/ # ");
      terminal.type(`tty; exit 4${ENTER}`);
      await terminal.waitFor(/\n\/dev\/pts\/0\r+\n/);
      expect(await ended).toEqual([4, null]);
      expect(terminal.shown).not.toContain("job control turned off");
      terminal.close();
    });

    test("pauses and resumes", async () => {
      const id = await runDetached([], "sleep", "1000");
      expect(await ctr("tasks", "pause", id)).toEqual(success);
      expect(controlFile("freezer", id, "freezer.state")).toBe("FROZEN");
      expect(await taskStatus(id)).toBe("PAUSED");
      expect(await ctr("tasks", "resume", id)).toEqual(success);
      expect(controlFile("freezer", id, "freezer.state")).toBe("THAWED");
      expect(await taskStatus(id)).toBe("RUNNING");
    });

    test("has metrics and a list of processes", async () => {
      const id = await runDetached([], "sh", "-c", "sleep 1000 & wait");
      const readMetrics = async () => JSON.parse((await ctr("tasks", "metrics", "--format", "json", id)).stdout);
      await until(async () => (await readMetrics()).pids.current === 2);
      expect((await readMetrics()).memory.usage.usage).toBeGreaterThan(0);
      const [header, ...processes] = (await ctr("tasks", "ps", id)).stdout.trim().split("\n");
      expect(header).toMatch(/^PID\s+INFO/);
      const { stdout } = await ctr("tasks", "ls");
      expect(processes).toHaveLength(2);
      expect(stdout).toMatch(new RegExp(`^${id}\\s+${Number(processes[0]!.split(" ")[0])}\\s+RUNNING$`, "m"));
    });

    test("gets signals: all its processes with --all, one exec with --exec-id", async () => {
      const script = `trap 'echo got; exit 5' USR1; echo ready; while :; do usleep 1000; done`;
      const id = `c${++count}`;
      const ended = ctr(...runArguments(RUNTIME, ["--rm"], id, ["sh", "-c", script]));
      await until(async () => (await taskStatus(id)) === "RUNNING");
      const exec = ctr("tasks", "exec", "--exec-id", "e1", id, "sleep", "1000");
      await until(async () => (await ctr("tasks", "ps", id)).stdout.includes("ExecID:e1"));
      expect(await ctr("tasks", "kill", "--exec-id", "e1", "--signal", "TERM", id)).toEqual(success);
      expect((await exec).status).toBe(143);
      expect(await ctr("tasks", "kill", "--all", "--signal", "USR1", id)).toEqual(success);
      expect(await ended).toMatchObject({ stdout: "ready\ngot\n", status: 5 });
    });

    test("survives its containerd's clients: a task that is not there is said to be so", async () => {
      const { stderr, status } = await ctr("tasks", "kill", "nosuch");
      expect({ stderr, status }).toMatchObject({ stderr: expect.stringContaining("not found"), status: 1 });
    });
  });
});
