/** `runc run` and `runc exec -t` at a real terminal, and a container's terminal in the hands of who listens at its console socket. */
import { once } from "node:events";
import { closeSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { missing, OURS, type Runtime, runtime, start } from "@eras/docker-2019/runc/testsuite/on-bundle.ts";
import { outcome } from "@eras/docker-2019/runc/testsuite/outcome.ts";
import { acceptUnix, listenUnix, recvFds } from "@eras/linux/fd-passing.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { describe, expect, onTestFinished, test } from "vitest";
import { Terminal } from "../harness/terminal.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const ENTER = "\r";
const PROMPT = "/ # ";

function withTerminal(...args: string[]): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, process: { ...spec.process!, terminal: true, args } });
}

describe.skipIf(missing)(`a terminal${missing ? ` (needs ${missing})` : ""}`, () => {
  /** Sits down at a new one and calls runc. */
  function sitDown({ program, root, bundle }: Runtime, ...args: string[]) {
    const terminal = new Terminal({ rows: 30, columns: 90 });
    onTestFinished(() => terminal.close());
    const before = terminal.settings;
    const script = 'cd "$0" && exec "$@"';
    const runc = terminal.run("sh", ["-c", script, bundle, program, "--root", root, ...args], {
      PATH: process.env.PATH,
    });
    return { terminal, before, ended: once(runc, "exit") as Promise<[code: number | null, signal: string | null]> };
  }

  /** What a person does with a shell in a container, until Ctrl-D. */
  async function useShell({ terminal, before, ended }: ReturnType<typeof sitDown>): Promise<void> {
    await terminal.waitFor(PROMPT);
    expect(terminal.shown).not.toContain("job control turned off");
    terminal.type(`/bin/busybox tty${ENTER}`);
    expect(await terminal.waitFor(/\n(\S+)\r+\n/)).toMatch(/^\/dev\/pts\/\d+$/);
    terminal.type(`/bin/busybox stty size${ENTER}`);
    await terminal.waitFor("30 90");
    terminal.resize({ rows: 40, columns: 100 });
    terminal.type(`while [ "$(/bin/busybox stty size)" != "40 100" ]; do :; done; echo resi""zed${ENTER}`);
    await terminal.waitFor("resized");
    terminal.type(`/bin/sh -c 'trap "exit 3" INT; echo wait""ing; while :; do :; done'${ENTER}`);
    await terminal.waitFor("waiting");
    terminal.type(CTRL_C);
    await terminal.waitFor(PROMPT);
    terminal.type(`(exit 7)${ENTER}`);
    await terminal.waitFor(PROMPT);
    terminal.type(CTRL_D);
    expect(await ended).toEqual([7, null]);
    expect(terminal.settings).toEqual(before);
  }

  test("of `run` is the container's as long as it runs", async () => {
    const container = runtime(OURS, withTerminal("/bin/sh"));
    await useShell(sitDown(container, "run", container.id));
  });

  test("of `exec -t` too", async () => {
    const container = runtime(OURS);
    start(container);
    await useShell(sitDown(container, "exec", "-t", container.id, "/bin/sh"));
  });

  test("shows all that a program printed before it ended", async () => {
    const container = runtime(
      OURS,
      withTerminal("/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done"),
    );
    const { terminal, ended } = sitDown(container, "run", container.id);
    await terminal.waitFor("19999");
    expect(await ended).toEqual([0, null]);
    expect(terminal.shown.match(/^\d+\r$/gm)).toHaveLength(20_000);
  });

  test("goes to who listens at the console socket, and is the container's /dev/console", () => {
    const script = "/bin/busybox tty; echo to the console > /dev/console; exec sleep 1000";
    const container = runtime(OURS, withTerminal("/bin/sh", "-c", script));
    const path = join(container.bundle, "console.sock");
    const listener = listenUnix(path);
    expect(outcome(container, ["create", "--console-socket", path, container.id])).toMatchObject({
      status: 0,
      stderr: "",
    });
    const connection = acceptUnix(listener);
    const { data, fds } = recvFds(connection, 2);
    expect([data.toString(), fds.length]).toEqual(["/dev/ptmx", 1]);
    expect(outcome(container, ["start", container.id]).status).toBe(0);
    const bytes = Buffer.alloc(4096);
    let shown = "";
    while (!shown.includes("console\r\n")) shown += bytes.toString("utf8", 0, readSync(fds[0]!, bytes));
    expect(shown).toBe("/dev/pts/0\r\nto the console\r\n");
    const { pid } = JSON.parse(outcome(container, ["state", container.id]).stdout);
    expect(readFileSync(`/proc/${pid}/mounts`, "utf8")).toMatch(/^devpts \/dev\/console devpts /m);
    for (const fd of [listener, connection, ...fds]) closeSync(fd);
  });
});
