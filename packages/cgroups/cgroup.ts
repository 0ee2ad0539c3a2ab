/**
 * A control group: processes that are limited, counted, stopped and killed together.
 *
 * cgroup v1 has a tree for each controller, v2 one tree for all; a hybrid host has v1's trees for the limits and an (almost)
 * controller-less v2 tree beside them. This interface hides which it is:
 *
 *     const cgroup = openCgroup("/docker-eras/web");
 *     cgroup.create();
 *     cgroup.set({ memory: { limit: 64 << 20 } });  // before anybody is in it
 *     cgroup.addProcess(pid);
 *     …
 *     await cgroup.killAll();
 *     await cgroup.delete();
 *
 * The object holds no state but where the cgroup is (see `writeFile` for an exception): a later program opens the same path, or what
 * `paths` said, and goes on. What a cgroup has used is read from `paths`: read-stats.ts, and out-of-memory.ts for who was killed.
 *
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html
 */
import type { LinuxResources } from "@eras/oci-spec/runtime/config-linux.ts";
import type { CgroupPaths } from "./container-paths.ts";

/** FREEZING: told to stop, and some processes have not yet; a matter of milliseconds. */
export type FreezerState = "THAWED" | "FREEZING" | "FROZEN";

export interface Cgroup {
  /** Below the root of a tree: `/docker-eras/web`. Of trees in which it lies elsewhere `paths` knows. */
  readonly path: string;

  /** The directory in each tree, by controller; v2's is called "". What `openCgroupAt` takes. */
  readonly paths: CgroupPaths;

  /**
   * Makes the cgroup, with missing ancestors, in every tree. One that exists is kept as it is. Made nowhere if it fails anywhere.
   *
   * On pure v2 the ancestors then hand on all controllers that they can (one with processes of its own can't; a limit that needs the
   * controller then fails). On a hybrid host v2's controllers are switched on by the first limit that needs one. Those of v2's root
   * stay on.
   */
  create(): void;

  exists(): boolean;

  /**
   * Moves a process with all its threads. Costs 5 to 15 ms in the kernel: it waits until no processor is in the middle of a fork.
   *
   * @throws {ControlFileError} ESRCH when the process has ended; EBUSY on v2, where a cgroup that hands on controllers takes no processes.
   */
  addProcess(pid: number): void;

  /**
   * Moves the caller: on v1 the calling thread alone, which needs no waiting (0.4 ms for all trees). Children that this thread spawns are
   * born in the cgroup, and execve, which ends the other threads, completes the move. v2 knows whole processes only, so there it is
   * the same as `addProcess(process.pid)`, with its price; a hybrid host's v2 tree is left out.
   */
  addCaller(): void;

  /**
   * Sets limits, those given, in an order that the kernel accepts. What is left out keeps its present value, and so does what runc takes
   * for left out: 0 where 0 is no limit that makes sense, "" in place of a list.
   *
   * @throws {ControlFileError} When the kernel refuses a value.
   * @throws {Error} When the host has no controller for a limit.
   */
  set(resources: LinuxResources): void;

  /**
   * Writes one control file by its name: `memory.limit_in_bytes`. v1 names work on every host: on v2 they are translated to what
   * comes closest (`memory.max`). There the rules of `devices.allow` and `devices.deny` add to those that this object has written, because
   * the kernel keeps no list: another object, in a second process say, starts from an empty one, and its first rule replaces all.
   *
   * @throws {ControlFileError} When the kernel refuses the value.
   * @throws {Error} When there is no such control file.
   */
  writeFile(controlFile: string, value: string): void;

  /**
   * Stops all processes where they are; resolves when they have stopped.
   *
   * @throws {Error} When some don't within two seconds (then all go on), or this process is one of them.
   */
  freeze(): Promise<void>;

  thaw(): void;

  /** Whether the processes were stopped by `freeze()`; a cgroup that is gone is THAWED. */
  freezerState(): FreezerState;

  /** The processes in the cgroup and its children. Processes of PID namespaces that the caller can't see are not listed. */
  pids(): number[];

  /**
   * Sends a signal to every process in the cgroup and its children, and lets frozen ones go on, which couldn't hear it. Doesn't wait for
   * what it brings about.
   */
  signalAll(signal: number): Promise<void>;

  /**
   * Kills every process in the cgroup and its children, those being forked meanwhile too, and waits until they are gone.
   *
   * @throws {Error} When a process doesn't die within ten seconds (it waits for a disk or a dead file server).
   */
  killAll(): Promise<void>;

  /**
   * Removes the cgroup and its children from every tree, and ancestors that `create()` had to make when they are empty; nothing to
   * remove is fine.
   *
   * @throws {Error} When processes are still in it after two seconds of trying.
   */
  delete(): Promise<void>;
}
