/**
 * systemd's manager, over D-Bus: units are started, changed and stopped by calls, and what becomes of a start or stop (a job) a signal tells.
 *
 *     StartTransientUnit ──▶ path of the job
 *     JobRemoved         ◀── path of the job, "done" or what went wrong
 *
 * @see https://man7.org/linux/man-pages/man5/org.freedesktop.systemd1.5.html
 */
import { existsSync } from "node:fs";
import { DBusConnection, DBusError } from "./dbus/connection.ts";
import type { DBusValue, Variant } from "./dbus/encoder.ts";
import type { Message } from "./dbus/message.ts";

/** A property of a unit: systemd.resource-control(5) and its siblings, by the names of D-Bus. */
export type UnitProperty = readonly [name: string, value: Variant];

const SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket";
/** Root may speak with systemd without a bus between. */
const PRIVATE_SOCKET = "unix:path=/run/systemd/private";

const BUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
} as const;

const MANAGER = {
  destination: "org.freedesktop.systemd1",
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
} as const;

const JOB_SIGNALS = `type='signal',interface='${MANAGER.interface}',member='JobRemoved',path='${MANAGER.path}'`;

const JOB_TIMEOUT_MS = 30_000;

/**
 * Whether systemd is the init of this machine.
 *
 * @see https://man7.org/linux/man-pages/man3/sd_booted.3.html
 */
export function isSystemdRunning(): boolean {
  return existsSync("/run/systemd/system");
}

export class SystemdManager {
  readonly #connection: DBusConnection;

  private constructor(connection: DBusConnection) {
    this.#connection = connection;
  }

  /**
   * Connects to the host's systemd, or to the calling user's.
   *
   * @throws {Error} When there is none, with runc's words; when it doesn't answer.
   */
  static async open(whose: "system" | "user"): Promise<SystemdManager> {
    if (!isSystemdRunning()) throw new Error("systemd not running on this host, cannot use systemd cgroups manager");
    if (whose === "user") return SystemdManager.openAt(userBusAddress());
    try {
      return await SystemdManager.openAt(process.env.DBUS_SYSTEM_BUS_ADDRESS ?? SYSTEM_BUS);
    } catch (error) {
      if (process.getuid!() !== 0) throw error;
      return new SystemdManager(await DBusConnection.open(PRIVATE_SOCKET));
    }
  }

  /** Connects to the systemd on the bus at an address. */
  static async openAt(busAddress: string): Promise<SystemdManager> {
    const connection = await DBusConnection.open(busAddress);
    try {
      await connection.call({ ...BUS, member: "Hello" });
      await connection.call({ ...BUS, member: "AddMatch", signature: "s", body: [JOB_SIGNALS] });
      await connection.call({ ...MANAGER, member: "Subscribe" });
    } catch (error) {
      connection.close();
      throw error;
    }
    return new SystemdManager(connection);
  }

  close(): void {
    this.#connection.close();
  }

  /**
   * Starts a unit that has no file, and waits until it has started. One of the same name that has failed makes room.
   *
   * @throws {Error} When it doesn't start, or one of that name runs.
   */
  async startTransientUnit(name: string, properties: readonly UnitProperty[]): Promise<void> {
    const start = () => this.#runJob("StartTransientUnit", "ssa(sv)a(sa(sv))", [name, "replace", properties, []]);
    const result = await start().catch((error) => {
      if (!isErrorOf(error, "UnitExists")) throw error;
      return this.resetFailedUnit(name).then(start);
    });
    if (result === "done") return;
    await this.resetFailedUnit(name);
    throw new Error(`error creating systemd unit \`${name}\`: got \`${result}\``);
  }

  /** Stops a unit, with all processes in it, and waits until it has stopped. One that is not there is fine. */
  async stopUnit(name: string): Promise<void> {
    await this.#runJob("StopUnit", "ss", [name, "replace"]).catch((error) => {
      if (!isErrorOf(error, "NoSuchUnit")) throw error;
    });
  }

  /** Changes properties of a unit, until the machine stops. */
  async setUnitProperties(name: string, properties: readonly UnitProperty[]): Promise<void> {
    await this.#call("SetUnitProperties", "sba(sv)", [name, true, properties]);
  }

  /** Forgets that a unit has failed; none of that name is fine. */
  async resetFailedUnit(name: string): Promise<void> {
    await this.#call("ResetFailedUnit", "s", [name]).catch((error) => {
      if (!isErrorOf(error, "NoSuchUnit")) throw error;
    });
  }

  /** A property of the manager itself: `Version`, `ControlGroup`. */
  async property(name: string): Promise<string> {
    const call = { ...MANAGER, interface: "org.freedesktop.DBus.Properties", member: "Get", signature: "ss" };
    const [variant] = await this.#connection.call({ ...call, body: [MANAGER.interface, name] });
    return String((variant as Variant).value);
  }

  #call(member: string, signature: string, body: readonly DBusValue[]): Promise<readonly DBusValue[]> {
    return this.#connection.call({ ...MANAGER, member, signature, body });
  }

  /** The signal may come before the answer that says of which job it tells. @returns What became of the job. */
  async #runJob(member: string, signature: string, body: readonly DBusValue[]): Promise<string> {
    const results = new Map<DBusValue, DBusValue>();
    const waiting = new Map<DBusValue, (result: DBusValue) => void>();
    const stop = this.#connection.onSignal((signal) => {
      if (!isJobRemoved(signal)) return;
      const [, job, , result] = signal.body as [number, string, string, string];
      results.set(job, result);
      waiting.get(job)?.(result);
    });
    try {
      const [job] = await this.#call(member, signature, body);
      const ended = new Promise<DBusValue>((resolve) => waiting.set(job!, resolve));
      return String(results.get(job!) ?? (await withinTime(ended, `${member} ${body[0]}`)));
    } finally {
      stop();
    }
  }
}

function isJobRemoved({ member, interface: from }: Message): boolean {
  return member === "JobRemoved" && from === MANAGER.interface;
}

function isErrorOf(error: unknown, name: string): boolean {
  return error instanceof DBusError && error.errorName === `org.freedesktop.systemd1.${name}`;
}

async function withinTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Cannot wait any longer for systemd: ${what}`)), JOB_TIMEOUT_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The bus on which the systemd of a user is. */
function userBusAddress(): string {
  const { DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: dir } = process.env;
  if (address) return address;
  if (dir && existsSync(`${dir}/bus`)) return `unix:path=${dir}/bus`;
  throw new Error("Cannot find the user's D-Bus: neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR/bus is there");
}
