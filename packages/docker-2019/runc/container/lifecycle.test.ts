/** A container's life by runc's commands: each answers with the status and the words of the genuine one. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, test } from "vitest";
import { isAppArmorEnabled } from "../process/apparmor.ts";
import { isSelinuxEnabled } from "../process/selinux.ts";
import { eventually, GENUINE, message, missing, OURS, type Runtime, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";

const needs = missing ? ` (needs ${missing})` : "";

function withProcess(process: Partial<NonNullable<Spec["process"]>>): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, process: { ...spec.process!, ...process } });
}

/** What a command answers: its status, what it prints, what it logs. */
function answer(container: Runtime, ...args: string[]): unknown[] {
  const { status, stdout, stderr } = outcome(container, args);
  const text = stderr === "" ? "" : message({ status, stdout, stderr });
  return [args.join(" "), status, stdout, text].map((part) =>
    typeof part === "string" ? part.replaceAll(container.id, "ID").replaceAll(container.bundle, "BUNDLE") : part,
  );
}

function statusOf(container: Runtime): string {
  const { stdout } = outcome(container, ["state", container.id]);
  return stdout === "" ? "gone" : (JSON.parse(stdout) as { status: string }).status;
}

/** Runs the same commands with both. */
function both(
  change: (spec: Spec) => Spec,
  script: (container: Runtime) => unknown,
): [ours: unknown, genuine: unknown] {
  return [script(runtime(OURS, change)), script(runtime(GENUINE, change))];
}

describe.skipIf(missing)(`commands${needs}`, () => {
  test("take a container through its life, each in its time", async () => {
    const script = async (container: Runtime) => {
      const answers: unknown[] = [];
      const call = (...args: string[]) => answers.push([...answer(container, ...args), statusOf(container)]);
      const { id } = container;
      for (const command of ["start", "delete", "kill", "state", "pause", "ps"]) call(command, id);
      call("exec", id, "true");
      call("delete", "--force", id);
      call("create", id);
      answers.push(outcome(container, ["ps", id, "-eo", "pid,args"]).stdout.match(/runc init$/m)?.[0]);
      call("create", id);
      call("exec", id, "/bin/busybox", "echo", "before its time"); // a created container has a process already
      call("kill", id, "0");
      call("start", id);
      for (const command of ["create", "start", "delete"]) call(command, id);
      call("exec", id, "/bin/sh", "-c", "exit 7");
      call("exec", id, "/bin/sh", "-c", "kill -9 $$");
      for (const signal of ["0", "+0", "-1", "BOGUS", "SIGBOGUS", "1000"]) call("kill", id, signal);
      answers.push(answer(container, "kill", id, "SIGKILL")); // when it has ended is the kernel's affair
      await expect.poll(() => statusOf(container), { timeout: 10_000 }).toBe("stopped");
      for (const command of ["create", "start", "kill", "pause", "resume"]) call(command, id);
      call("kill", "--all", id);
      call("exec", id, "/bin/busybox", "true");
      call("delete", id);
      call("delete", id);
      return answers;
    };
    const [ours, genuine] = await Promise.all(both((spec) => spec, script) as Promise<unknown>[]);
    expect(ours).toEqual(genuine);
  });

  test("delete a container that never started, and one that runs by force", () => {
    const [ours, genuine] = both(
      (spec) => spec,
      (container) => [
        answer(container, "create", container.id),
        answer(container, "delete", container.id),
        answer(container, "run", "--detach", container.id),
        answer(container, "delete", container.id),
        answer(container, "delete", "--force", container.id),
        statusOf(container),
      ],
    );
    expect(ours).toEqual(genuine);
  });

  test.each(["TERM", "HUP"])("end a container that never started by SIG%s", async (signal) => {
    const [ours, genuine] = both(
      (spec) => spec,
      async (container) => {
        const answers = [answer(container, "create", container.id), answer(container, "kill", container.id, signal)];
        await eventually(() => statusOf(container)).toBe("stopped");
        return [...answers, answer(container, "start", container.id), answer(container, "delete", container.id)];
      },
    );
    expect(await ours).toEqual(await genuine);
  });

  test("signal nobody while a container is being created", () => {
    const container = runtime(OURS);
    const { program, root, bundle, id } = container;
    const script = `${program} --root ${root} kill ${id} KILL 2> killed; echo status $? >> killed`; // its process group would be kill(2)'s 0
    const hook = { path: "/usr/bin/setsid", args: ["setsid", "--wait", "sh", "-c", `cd ${bundle}; ${script}`] };
    const path = join(bundle, "config.json");
    const spec = JSON.parse(readFileSync(path, "utf8")) as Spec;
    writeFileSync(path, JSON.stringify({ ...spec, hooks: { createRuntime: [hook] } }));
    expect(outcome(container, ["create", id]).stderr).toBe("");
    expect(readFileSync(join(bundle, "killed"), "utf8")).toMatch(/container not running"\nstatus 1\n$/);
  });

  test.each([
    ["is nowhere in PATH", ["nothing"]],
    ["isn't there", ["/nothing"]],
    ["is a directory", ["/tmp"]],
    ["can't be executed", ["/config"]],
    ["is no program", ["/text"]],
  ])("tell of a program that %s", async (_what, args) => {
    const furnish = ({ bundle }: Runtime) => {
      writeFileSync(join(bundle, "rootfs/config"), "");
      writeFileSync(join(bundle, "rootfs/text"), "text", { mode: 0o755 });
    };
    const [ours, genuine] = both(withProcess({ args }), async (container) => {
      furnish(container);
      const answers = ["create", "start", "run"].map((command) => answer(container, command, container.id));
      await eventually(() => statusOf(container)).not.toBe("running"); // it is that until its last execve has failed
      return [...answers, statusOf(container)];
    });
    expect(await ours).toEqual(await genuine);
    const [ourExec, genuineExec] = both(
      (spec) => spec,
      (container) => {
        furnish(container);
        outcome(container, ["run", "--detach", container.id]);
        return answer(container, "exec", container.id, ...args);
      },
    );
    expect(ourExec).toEqual(genuineExec);
  });

  test.each(["..", ".", "a/b", "", "ä", "a b", "a:b"])("take no ID such as %j", (id) => {
    const [ours, genuine] = both(
      (spec) => spec,
      (container) => answer(container, "create", "--", id).slice(1),
    );
    expect(ours).toEqual(genuine);
  });

  test("want a terminal and its socket together", () => {
    const [ours, genuine] = [true, false].map((terminal) =>
      both(withProcess({ terminal }), (container) => [
        answer(container, "create", ...(terminal ? [] : ["--console-socket", "/tmp/nothing"]), container.id),
        answer(container, "run", "--detach", ...(terminal ? [] : ["--console-socket", "/tmp/nothing"]), container.id),
        answer(container, "run", "--console-socket", "/tmp/nothing", container.id),
      ]),
    );
    expect(ours![0]).toEqual(ours![1]);
    expect(genuine![0]).toEqual(genuine![1]);
  });

  test("write the PID of what they start into a file", async () => {
    for (const program of [OURS, GENUINE]) {
      const container = runtime(program);
      const file = join(container.bundle, "pid");
      outcome(container, ["run", "--detach", "--pid-file", file, container.id]);
      const { pid } = JSON.parse(outcome(container, ["state", container.id]).stdout);
      expect(readFileSync(file, "utf8")).toBe(String(pid));
      outcome(container, ["exec", "--detach", "--pid-file", file, container.id, "/bin/sleep", "100"]);
      const other = readFileSync(file, "utf8");
      expect(other).not.toBe(String(pid));
      const commandLine = () => readFileSync(`/proc/${other}/cmdline`, "utf8").split("\0");
      await eventually(commandLine).toEqual(["/bin/sleep", "100", ""]); // genuine runc returns before
    }
  });

  test("undo what they start when its PID can't be written", () => {
    const [ours, genuine] = both(
      (spec) => spec,
      (container) => {
        const failing = (...args: string[]) => answer(container, ...args, "--pid-file", "/none/pid", container.id);
        const answers = [failing("create"), statusOf(container), failing("run", "--detach"), statusOf(container)];
        outcome(container, ["run", "--detach", container.id]);
        const exec = answer(container, "exec", "--pid-file", "/none/pid", container.id, "/bin/sleep", "100");
        const { length } = JSON.parse(outcome(container, ["ps", "--format", "json", container.id]).stdout);
        return [...answers, exec, length];
      },
    );
    expect(ours).toEqual(genuine);
  });

  test("refuse a call that can't be meant, and show how it is done", () => {
    const calls = [
      ...[["state"], ["state", "--nope", "web"], ["exec", "--preserve-fds", "x", "web"], ["list", "web"], ["--nope"]],
      ...[
        ["--log-format", "xml", "list"],
        ["restore", ""],
        ["restore", "a/b"],
        ["create", "--bundle", "/none", "web"],
      ],
      ...[
        ["help", "nope"],
        ["nope"],
        ["--root", "/proc/none", "create", "web"],
        ["kill", "-1"],
        ["state", "web", "-1"],
      ],
    ];
    const [ours, genuine] = both(
      (spec) => spec,
      (container) =>
        calls.map((args) => {
          const result = outcome(container, args);
          return [
            args,
            result.status,
            message(result).trim(),
            /^(Incorrect Usage.*)[\s\S]*?^ +(runc.*)/m.exec(result.stdout)?.slice(1),
          ];
        }),
    );
    expect(ours).toEqual(genuine);
  });

  test("refuse what a container can't be made of", () => {
    const bind = (destination: string) => ({ destination, source: "/etc", type: "bind", options: ["bind"] });
    const changes: ((spec: Spec) => Spec)[] = [
      (spec) => ({ ...spec, root: { path: "link" } }),
      (spec) => ({ ...spec, root: { path: "none" } }),
      ...["/proc/none", "/proc/self/none", "/dev/mqueue/none"].map((place) => (spec: Spec) => ({
        ...spec,
        mounts: [...spec.mounts!, bind(place)],
      })),
      (spec) => ({ ...spec, linux: { ...spec.linux, resources: { pids: { limit: 99_999_999_999 } } } }),
    ];
    const [ours, genuine] = both(
      (spec) => spec,
      (container) => {
        const file = join(container.bundle, "config.json");
        const spec = JSON.parse(readFileSync(file, "utf8"));
        symlinkSync("rootfs", join(container.bundle, "link"));
        return changes.map((change) => {
          writeFileSync(file, JSON.stringify(change(spec)));
          return answer(container, "create", container.id);
        });
      },
    );
    expect(ours).toEqual(genuine);
  });

  test("tell of a container that is there already of nothing else", () => {
    const [ours, genuine] = both(
      (spec) => spec,
      (container) => {
        outcome(container, ["run", "--detach", container.id]);
        const { stderr } = outcome(container, ["create", container.id]);
        const { owner } = JSON.parse(outcome(container, ["state", container.id]).stdout);
        outcome(container, ["pause", container.id]);
        return [stderr.replace(/time="[^"]*"/, ""), owner, answer(container, "start", container.id)];
      },
    );
    expect(ours).toEqual(genuine);
  });

  test("write their log in colours on a terminal", () => {
    const [ours, genuine] = both(
      (spec) => spec,
      ({ program, root, bundle }) =>
        [
          ["state", "nobody"],
          ["create", "--console-socket", "/tmp/nothing", "web"],
          ["--log-format", "json", "state", "nobody"],
        ].map((args) => {
          const command = [program, "--root", root, ...args].join(" ");
          const { stdout } = spawnSync("script", ["-qec", command, "/dev/null"], { cwd: bundle, encoding: "utf8" });
          const lines = stdout.split("\r\n").filter((line) => /nobody|exist|terminal|tty/.test(line));
          return lines.map((line) => line.replace(/"time":"[^"]*"/, ""));
        }),
    );
    expect(ours).toEqual(genuine);
    expect(JSON.stringify(ours)).toMatch(/ERRO.*ERRO.*level/);
  });

  test("let one of two who create at once win", async () => {
    const container = runtime(OURS);
    const { spawn } = await import("node:child_process");
    const create = () =>
      new Promise((resolve) => {
        const { program, root, bundle, id } = container;
        spawn(program, ["--root", root, "create", id], { cwd: bundle, stdio: "ignore" }).once("exit", resolve);
      });
    const statuses = await Promise.all([create(), create(), create()]);
    expect(statuses.sort()).toEqual([0, 1, 1]);
    expect(statusOf(container)).toBe("created");
  });
});

describe.skipIf(missing)(`runc exec${needs}`, () => {
  const SHOW = ["/bin/sh", "-c", "busybox grep -E 'Cap|Groups' /proc/self/status; ulimit -Hn; pwd"];

  test("gives a process what the container's has, where neither file nor flags say otherwise", () => {
    const capabilities = { bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"] };
    const rlimits = [{ type: "RLIMIT_NOFILE", soft: 500, hard: 600 }];
    const [ours, genuine] = both(withProcess({ capabilities, rlimits }), (container) => {
      outcome(container, ["run", "--detach", container.id]);
      const file = join(container.bundle, "process.json");
      const silent = { args: SHOW, cwd: "/tmp", user: { uid: 0, gid: 0 }, env: ["PATH=/bin"] };
      const limited = { ...silent, capabilities: {}, rlimits: [{ ...rlimits[0], soft: 63, hard: 64 }] };
      const fromFiles = [silent, limited].map((process) => {
        writeFileSync(file, JSON.stringify(process));
        return answer(container, "exec", "--process", file, container.id);
      });
      const flags = [[], ["--cwd", "/tmp"], ["--cwd", "tmp"], ["--additional-gids", "7"], ["--additional-gids=-7"]];
      return [...fromFiles, ...flags.map((each) => answer(container, "exec", ...each, container.id, ...SHOW))];
    });
    expect(ours).toEqual(genuine);
  });

  const hasModule = isAppArmorEnabled() || isSelinuxEnabled();
  test.skipIf(hasModule)("confines a process as the container's, where its file says nothing of that", () => {
    const container = runtime(OURS);
    outcome(container, ["run", "--detach", container.id]);
    const [state, file] = [join(container.root, container.id, "state.json"), join(container.bundle, "process.json")];
    writeFileSync(file, JSON.stringify({ args: ["true"], cwd: "/", user: { uid: 0, gid: 0 } }));
    const { spec, ...rest } = JSON.parse(readFileSync(state, "utf8"));
    for (const [confined, refusal] of [
      [{ apparmorProfile: "docker-default" }, "apparmor not enabled"],
      [{ selinuxLabel: "system_u:system_r:container_t:s0" }, "selinux label is specified"],
    ] as const) {
      writeFileSync(state, JSON.stringify({ ...rest, spec: { ...spec, process: { ...spec.process, ...confined } } }));
      expect(message(outcome(container, ["exec", "--process", file, container.id]))).toContain(refusal);
    }
  });
});

describe.skipIf(missing)(`descriptors${needs}`, () => {
  /** What a program sees of its descriptors. */
  const SHOW = [
    "/bin/sh",
    "-c",
    "cd /proc/self/fd && for fd in *; do readlink $fd | grep -q ^/proc || echo $fd; done; echo $LISTEN_FDS $LISTEN_PID",
  ];

  test.each([
    ["none but the three", [], "0"],
    ["those to be preserved", ["--preserve-fds", "2"], "0"],
    ["those of a service manager", [], "2"],
    ["both kinds", ["--preserve-fds", "1"], "1"],
    ["never more than there are", ["--preserve-fds", "5"], "0"],
  ])("are %s", (_which, flags, listenFds) => {
    const [ours, genuine] = both(withProcess({ args: SHOW }), (container) => {
      const program = join(container.bundle, "wrapper"); // a service manager knows the PID before the program runs
      writeFileSync(program, `#!/bin/sh\nLISTEN_PID=$$ exec ${container.program} "$@"\n`, { mode: 0o755 });
      const options = { fds: [0, 0], env: { LISTEN_FDS: listenFds } };
      const { status, stdout, stderr } = outcome({ ...container, program }, ["run", ...flags, container.id], options);
      return [status, stdout, stderr === "" ? "" : "an error"];
    });
    expect(ours).toEqual(genuine);
  });
});
