/**
 * A genuine systemd for tests, on a machine that another init started: one of a user, which runs anywhere, with a bus of its own.
 *
 * It wants to see that systemd is the machine's init (/run/systemd/system), so it gets a /run/systemd of its own, in a mount namespace; and a
 * cgroup of its own, below which it makes its units.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { CgroupPaths } from "../container-paths.ts";
import { cgroupMounts } from "../detect.ts";
import { openCgroupAt } from "../open.ts";
import { SystemdManager } from "../systemd/manager.ts";

const SYSTEMD = "/lib/systemd/systemd";
const DBUS_DAEMON = "/usr/bin/dbus-daemon";

/** What is missing here, for the name of a skipped test. */
export const missingForSystemd = [SYSTEMD, DBUS_DAEMON, "/usr/bin/systemctl"].filter((path) => !existsSync(path));

const SCRIPT = `
  read go
  mkdir -p /run/systemd && mount --make-rprivate / && mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system
  ${DBUS_DAEMON} --session --address=$DBUS_SESSION_BUS_ADDRESS --nofork --nopidfile --nosyslog 2> /dev/null &
  while [ ! -S $XDG_RUNTIME_DIR/bus ]; do sleep 0.05; done
  exec ${SYSTEMD} --user --log-target=null`;

/** A running systemd. */
export class GenuineSystemd {
  /** Its cgroup: what `ControlGroup` says. */
  readonly cgroup = `/docker-eras-test-systemd-${process.pid}`;
  readonly #dir = mkdtempSync(`${tmpdir()}/docker-eras-systemd-`);
  readonly environment = {
    PATH: process.env.PATH,
    XDG_RUNTIME_DIR: this.#dir,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${this.#dir}/bus`,
  };
  #process: ChildProcess | undefined;

  /** Starts it. @returns A connection to it. */
  async start(): Promise<SystemdManager> {
    const stdio = ["pipe", "ignore", "inherit"] as const;
    this.#process = spawn("unshare", ["--mount", "sh", "-c", SCRIPT], { env: this.environment, stdio: [...stdio] });
    const cgroup = openCgroupAt(this.#paths());
    cgroup.create();
    cgroup.addProcess(this.#process.pid!);
    this.#process.stdin!.end("go\n");
    return this.#connect(Date.now() + 60_000);
  }

  /** What tells of its coming up is that it answers. */
  async #connect(end: number): Promise<SystemdManager> {
    for (;;) {
      try {
        return await SystemdManager.openAt(this.environment.DBUS_SESSION_BUS_ADDRESS);
      } catch (error) {
        if (Date.now() > end) throw error;
        await delay(100);
      }
    }
  }

  /** Runs a program where this systemd looks like the machine's. @returns What it prints. */
  run(command: string, args: readonly string[]): string {
    const env = { ...this.environment, DBUS_SYSTEM_BUS_ADDRESS: this.environment.DBUS_SESSION_BUS_ADDRESS };
    const all = ["--mount", "--target", String(this.#process!.pid), command, ...args];
    return execFileSync("nsenter", all, { env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  }

  /** Properties of a unit, as systemd's own program tells them; of a list each element, sorted. */
  show(unit: string, names: readonly string[]): Record<string, string[]> {
    const lines = this.run("systemctl", ["--user", "show", unit, "--property", names.join()]).trim().split("\n");
    const properties: Record<string, string[]> = {};
    for (const line of lines.sort()) {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line)!;
      properties[name!] = [...(properties[name!] ?? []), value!];
    }
    return properties;
  }

  async stop(): Promise<void> {
    const { "": v2, ...v1 } = this.#paths();
    const ended = once(this.#process!, "exit");
    if (v2 !== undefined) await openCgroupAt({ "": v2 }).killAll();
    this.#process!.kill("SIGKILL");
    await ended;
    await openCgroupAt({ "": v2!, ...v1 }).delete();
    rmSync(this.#dir, { recursive: true });
  }

  /** systemd knows two trees: the one that bears its name, and v2's. */
  #paths(): CgroupPaths {
    const { named, v2 } = cgroupMounts();
    const tree = named.get("name=systemd");
    return {
      ...(tree !== undefined && { "name=systemd": tree + this.cgroup }),
      ...(v2 !== undefined && { "": v2 + this.cgroup }),
    };
  }
}
