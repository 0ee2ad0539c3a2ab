/** The hooks of a container's life: when each is called, where, with what, and what comes of a failure. As under genuine runc. */
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hook, Hooks, Spec } from "@eras/oci-spec/runtime/config.ts";
import type { State } from "@eras/oci-spec/runtime/state.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { GENUINE, message, missing, OURS, type Runtime, runtime } from "../testsuite/on-bundle.ts";
import { outcome } from "../testsuite/outcome.ts";

const KINDS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] as const;

type Kind = (typeof KINDS)[number];

interface HookedRuntime extends Runtime {
  /** In which hooks and the program leave what they have seen; it has the same path in the container. */
  readonly reports: string;
}

/** A hook that notes its turn, and then runs a script, in the directory of reports. */
function hook(kind: Kind, reports: string, script = "", more: Partial<Hook> = {}): Hook {
  return { path: "/bin/busybox", args: ["sh", "-c", `cd ${reports}; echo ${kind} >> order; ${script}`], ...more };
}

function hooked(program: string, hooksOf: (reports: string) => Hooks): HookedRuntime {
  const reports = mkdtempSync(join(tmpdir(), "docker-eras-hooks-"));
  onTestFinished(() => rmSync(reports, { recursive: true }));
  const script = `echo program >> ${reports}/order; exec sleep 1000`;
  const change = (spec: Spec): Spec => ({
    ...spec,
    hooks: hooksOf(reports),
    annotations: { "org.example": "web" },
    process: { ...spec.process!, args: ["/bin/sh", "-c", script] },
    mounts: [...spec.mounts!, { destination: reports, source: reports, type: "bind", options: ["rbind"] }],
  });
  return { ...runtime(program, change), reports };
}

function order({ reports }: HookedRuntime): string[] {
  const path = join(reports, "order");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

const all = (script: (kind: Kind) => string) => (reports: string) =>
  Object.fromEntries(KINDS.map((kind) => [kind, [hook(kind, reports, script(kind), { env: ["A=1", "B="] })]]));

describe.skipIf(missing)(`hooks${missing ? ` (needs ${missing})` : ""}`, () => {
  test("are called in their order, around the program", async () => {
    const container = hooked(
      OURS,
      all(() => ""),
    );
    outcome(container, ["create", container.id]);
    expect(order(container)).toEqual(["prestart", "createRuntime", "createContainer"]);
    outcome(container, ["start", container.id]);
    await expect.poll(() => order(container), { timeout: 10_000 }).toContain("program");
    const started = order(container).slice(3);
    expect(started.filter((each) => each !== "poststart")).toEqual(["startContainer", "program"]);
    expect(started.indexOf("poststart")).toBeGreaterThan(0);
    outcome(container, ["delete", "--force", container.id]);
    expect(order(container).slice(6)).toEqual(["poststop"]);
  });

  /** busybox's, without another. */
  const SHELLS_PATH = "PATH=/sbin:/usr/sbin:/bin:/usr/bin";

  /** What a hook has told by `env`, but for what the shell adds. */
  function environment({ reports }: Pick<HookedRuntime, "reports">, kind: Kind): string[] {
    const lines = readFileSync(join(reports, `${kind}.environment`), "utf8")
      .trim()
      .split("\n");
    return lines.filter((line) => !/^(PWD|OLDPWD|SHLVL)=/.test(line)).sort();
  }

  /** What a hook has seen: the state, its environment, its namespaces by whose they are. */
  function seen(
    { reports, root, bundle, id }: HookedRuntime,
    kind: Kind,
    pid: number,
    inits: ReadonlyMap<string, string>,
  ) {
    const read = (name: string) => readFileSync(join(reports, `${kind}.${name}`), "utf8");
    const {
      ociVersion: _,
      status,
      ...state
    } = JSON.parse(read("state").replaceAll(id, "ID").replaceAll(bundle, "BUNDLE").replaceAll(root, "ROOT")) as State;
    const namespaces = read("namespaces").trim().split("\n");
    return {
      status,
      state: { ...state, ...(state.pid === pid && { pid: "the init's" }) },
      environment: environment({ reports }, kind),
      inContainer: namespaces.filter((namespace) => inits.has(namespace)).map((namespace) => namespace.split(":")[0]),
    };
  }

  test("without an environment of their own have runc's, or in the container the program's, as under genuine runc", () => {
    const script = (kind: Kind) => `env > ${kind}.environment`;
    const withoutEnv = (reports: string) =>
      Object.fromEntries(KINDS.map((kind) => [kind, [hook(kind, reports, script(kind))]]));
    const [ours, genuine] = [OURS, GENUINE].map((program) => {
      const container = hooked(program, withoutEnv);
      const env = { CALLERS: "1" };
      outcome(container, ["create", container.id], { env });
      outcome(container, ["start", container.id], { env });
      outcome(container, ["delete", "--force", container.id], { env });
      return KINDS.map((kind) => [kind, environment(container, kind)] as const);
    });
    expect(ours).toEqual(genuine);
    expect(Object.fromEntries(ours!)).toMatchObject({ createRuntime: expect.arrayContaining(["CALLERS=1"]) });
  });

  test("get the container's state, and nothing of our environment, in the namespaces of their kind", async () => {
    const script = (kind: Kind) =>
      `cat > ${kind}.state; env > ${kind}.environment;
       for n in mnt pid net uts ipc; do readlink /proc/self/ns/$n; done > ${kind}.namespaces`;
    const [ours, genuine] = await Promise.all(
      [OURS, GENUINE].map(async (program) => {
        const container = hooked(program, all(script));
        outcome(container, ["create", container.id]);
        const { pid } = JSON.parse(outcome(container, ["state", container.id]).stdout);
        const kinds = ["mnt", "pid", "net", "uts", "ipc"];
        const inits = new Map(kinds.map((kind) => [readlinkSync(`/proc/${pid}/ns/${kind}`), kind]));
        outcome(container, ["start", container.id]);
        await expect.poll(() => order(container), { timeout: 10_000 }).toContain("program");
        outcome(container, ["delete", "--force", container.id]);
        return KINDS.map((kind) => [kind, seen(container, kind, pid, inits)] as const);
      }),
    );
    const withoutStatus = (hooks: typeof ours) => hooks!.map(([kind, { status: _, ...rest }]) => [kind, rest]);
    expect(withoutStatus(ours)).toEqual(withoutStatus(genuine));
    for (const [, hook] of ours!) expect(hook.environment).toEqual(["A=1", "B=", SHELLS_PATH]);
    // Genuine runc calls the first and the fifth at other times than the specification has them.
    expect(Object.fromEntries(ours!.map(([kind, { status }]) => [kind, status]))).toEqual({
      ...{ prestart: "created", createRuntime: "creating", createContainer: "creating", startContainer: "created" },
      ...{ poststart: "running", poststop: "stopped" },
    });
  });

  /** Two hooks, of which the first fails: what the commands answer, and who was called. */
  function failing(program: string, kind: Kind) {
    const script = "echo on stdout; echo on stderr >&2; exit 3";
    const container = hooked(program, (reports) => ({ [kind]: [hook(kind, reports, script), hook(kind, reports)] }));
    const calls = ["create", "start", "state", "delete"].map((name) => outcome(container, [name, container.id]));
    outcome(container, ["delete", "--force", container.id]);
    const called = order(container).filter((each) => each !== "program");
    return { statuses: calls.map(({ status }) => status), texts: calls.map(({ stderr }) => stderr), called };
  }

  const FAILURES = [
    ["prestart", [1, 1, 1, 1], 0],
    ["createRuntime", [1, 1, 1, 1], 0],
    ["createContainer", [1, 1, 1, 1], 0],
    ["poststart", [0, 1, 1, 1], 1], // genuine runc calls it in `create`
  ] as const;
  test.each(FAILURES)("that fail in %s undo the container", (kind, statuses, which) => {
    const ours = failing(OURS, kind);
    expect(ours.statuses).toEqual(statuses);
    expect(ours.texts[which]).toMatch(/error running hook #0.*exit status 3.*on stdout.*on stderr/s);
    expect(ours.called).toEqual([kind]);
    if (which > 0) return;
    const genuine = failing(GENUINE, kind);
    expect(genuine).toMatchObject({ statuses, called: [kind] });
    const reason = (text: string) => text.slice(text.indexOf("error running hook"));
    expect(reason(ours.texts[0]!)).toBe(reason(genuine.texts[0]!));
  });

  test.each(["startContainer", "poststop"] as const)("that fail in %s do what they do under genuine runc", (kind) => {
    const [ours, genuine] = [OURS, GENUINE].map((program) => failing(program, kind));
    const created = ({ statuses: [create, start], called }: typeof ours & {}) => [create, start, called]; // it ends a moment later
    expect(created(ours!)).toEqual(created(genuine!));
  });

  test.each(["prestart", "createRuntime", "createContainer"] as const)("that don't end in %s are ended", (kind) => {
    const started = performance.now();
    const container = hooked(OURS, (reports) => ({ [kind]: [hook(kind, reports, "sleep 100", { timeout: 1 })] }));
    const failed = outcome(container, ["create", container.id]);
    expect([failed.status, message(failed)]).toEqual([
      1,
      expect.stringContaining("error running hook #0: hook ran past specified timeout of 1.0s"),
    ]);
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  test("that aren't there are told of", () => {
    const container = hooked(OURS, () => ({ createRuntime: [{ path: "/nothing" }] }));
    expect(message(outcome(container, ["create", container.id]))).toContain(
      "fork/exec /nothing: no such file or directory",
    );
  });
});
