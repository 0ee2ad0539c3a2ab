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
 * The object holds no state but the path (see `writeFile` for an exception): a later program opens the same path and goes on.
 *
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html
 */
import type { CgroupResources } from "./resources.ts";
import type { CgroupStats } from "./stats.ts";

export interface Cgroup {
  /** Below the root of every tree: `/docker-eras/web`. */
  readonly path: string;

  /**
   * Makes the cgroup, with missing ancestors, in every tree. One that exists is kept as it is. Made nowhere if it fails anywhere.
   *
   * On pure v2 the ancestors then hand on all controllers; on a hybrid host v2's controllers are switched on by the first limit that
   * needs one. Those of v2's root stay on.
   */
  create(): void;

  exists(): boolean;

  /**
   * Moves a process with all its threads. Costs 5 to 15 ms in the kernel: it waits until no processor is in the middle of a fork.
   *
   * @throws {ControlFileError} ESRCH when the process has ended.
   */
  addProcess(pid: number): void;

  /**
   * Moves the caller: on v1 the calling thread alone, which needs no waiting (0.4 ms for all trees). Children that this thread spawns are
   * born in the cgroup, and execve, which ends the other threads, completes the move. v2 knows whole processes only, so there it is
   * the same as `addProcess(process.pid)`, with its price; a hybrid host's v2 tree is left out.
   */
  addCaller(): void;

  /**
   * Sets limits, those given, in an order that the kernel accepts.
   *
   * @throws {ControlFileError} When the kernel refuses a value.
   * @throws {Error} When the host has no controller for a limit, or no such control.
   */
  set(resources: CgroupResources): void;

  /**
   * Writes one control file by its name: `memory.limit_in_bytes`. v1 names work on every host: on v2 they are translated to what
   * comes closest (`memory.max`). There the rules of `devices.allow` and `devices.deny` add to those that this object has written, because
   * the kernel keeps no list: another object, in a second process say, starts from an empty one, and its first rule replaces all.
   *
   * @throws {ControlFileError} When the kernel refuses the value.
   * @throws {Error} When there is no such control file.
   */
  writeFile(controlFile: string, value: string): void;

  /** Stops all processes where they are; resolves when they have stopped. */
  freeze(): Promise<void>;

  thaw(): void;

  /** The processes in the cgroup and its children. Processes of PID namespaces that the caller can't see are not listed. */
  pids(): number[];

  stats(): CgroupStats;

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

  /**
   * Calls `listener` when the kernel has killed a process of the cgroup for lack of memory (or, with the killer disabled, has put it to
   * sleep). Keeps the program running until it is stopped.
   *
   * @returns Stops listening; call it before the cgroup is deleted.
   */
  onOutOfMemory(listener: () => void): () => void;
}
