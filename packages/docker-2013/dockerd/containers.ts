/** The list of containers, and the directory that it is made from again when the daemon starts. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "@eras/layers/remove-tree.ts";
import { step } from "../step.ts";
import { type Config, Container, type Substrate, type UserData } from "./container.ts";
import { Filesystem, type FilesystemRecord } from "./filesystem.ts";
import { findLxcStarts, watchGhost } from "./ghosts.ts";
import { State } from "./state.ts";

/** What a new container is to be. */
export interface ContainerRequest {
  readonly path: string;
  readonly args: readonly string[];
  /** Layer directories, the top one first. */
  readonly layers: readonly string[];
  readonly config: Omit<Config, "Hostname">;
  readonly userData: UserData;
}

export class Containers {
  readonly #dir: string;
  readonly #substrate: Substrate;
  /** In the order of creation. */
  readonly #byId = new Map<string, Container>();

  constructor(dir: string, substrate: Substrate) {
    this.#dir = dir;
    this.#substrate = substrate;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** The container with exactly this id. @throws {Error} "No such container: x" */
  get(id: string): Container {
    const container = this.#byId.get(id);
    if (!container) throw new Error(`No such container: ${id}`);
    return container;
  }

  find(id: string): Container | undefined {
    return this.#byId.get(id);
  }

  /** All of them, the newest first. */
  list(): Container[] {
    return [...this.#byId.values()].reverse();
  }

  /** @throws {Error} Nothing is left behind then. */
  create({ path, args, layers, config, userData }: ContainerRequest): Container {
    const id = this.#newId();
    step("dockerd.create-container", { id, path, args });
    const root = join(this.#dir, id);
    const record = {
      ...{ Id: id, Root: root, Created: new Date().toISOString(), Path: path, Args: args },
      Config: { Hostname: id, ...config },
      Filesystem: filesystemRecord(root, layers),
      State: new State(),
    };
    const container = new Container(record, this.#substrate);
    try {
      container.createFiles(userData);
    } catch (error) {
      rmSync(root, { recursive: true, force: true });
      throw new Error(`Error creating container: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    this.#byId.set(id, container);
    return container;
  }

  /** Stops a container and removes all that it is. */
  async destroy(container: Container): Promise<void> {
    container.isBeingRemoved = true;
    try {
      await container.stop();
      this.#byId.delete(container.Id); // now, so that nobody mounts it while its files are being removed
      await this.#removeFiles(container.Root, container.Filesystem);
    } catch (error) {
      container.isBeingRemoved = false;
      this.#byId.set(container.Id, container);
      throw error;
    }
  }

  /**
   * Reads the containers of an earlier daemon. Those whose lxc-start still runs become ghosts; what others left is cleaned up. One without
   * a config.json was being created or removed: it goes. One with a broken config.json is logged, and left alone.
   */
  async restore(): Promise<void> {
    const running = findLxcStarts(this.#dir);
    for (const id of readdirSync(this.#dir)) await this.#restoreOne(id, running.get(id));
    const containers = [...this.#byId.values()].sort((a, b) => Date.parse(a.Created) - Date.parse(b.Created));
    this.#byId.clear();
    for (const container of containers) this.#byId.set(container.Id, container);
  }

  async #restoreOne(id: string, lxcStartPid: number | undefined): Promise<void> {
    const root = join(this.#dir, id);
    const filesystem = new Filesystem(filesystemRecord(root, []), this.#substrate.union);
    const cleanUp = async () => {
      await this.#substrate.lxc.cleanUp(id);
      if (filesystem.isMounted()) filesystem.umount();
    };
    const ghost = lxcStartPid === undefined ? undefined : watchGhost(lxcStartPid);
    if (!ghost) await cleanUp();
    if (!existsSync(join(root, "config.json"))) return this.#removeFiles(root, filesystem);
    try {
      const container = Container.load(root, this.#substrate);
      container.restoreState(ghost);
      this.#byId.set(id, container);
    } catch (error) {
      console.log(`Cannot load ${join(root, "config.json")}: ${error}`);
      void ghost?.exited.then(cleanUp).catch((reason) => console.log(`Cannot clean up ${root}: ${reason}`));
    }
  }

  /** config.json goes first: whatever is interrupted after that is taken up by the next `restore`. */
  async #removeFiles(root: string, filesystem: Filesystem): Promise<void> {
    if (filesystem.isMounted()) filesystem.umount();
    rmSync(join(root, "config.json"), { force: true });
    await removeTree(root);
  }

  #newId(): string {
    const id = randomBytes(4).toString("hex");
    return this.#byId.has(id) ? this.#newId() : id;
  }
}

const filesystemRecord = (root: string, Layers: readonly string[]): FilesystemRecord => ({
  RootFS: join(root, "rootfs"),
  RWPath: join(root, "rw"),
  Layers,
});
