/**
 * Volumes: directories that outlive containers.
 *
 *     <data-root>/volumes/
 *     └─ <name>/
 *        ├─ _data/           what containers see
 *        ├─ opts.json        how it is mounted, of a volume with options
 *        └─ volume.json      its labels, and when it was made; the original has this in a database
 *
 * A name that begins with a dot is of a volume that is being made or removed.
 */
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Conflict, NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Volume, VolumeCreateRequest, VolumesPruneReport } from "../../engine-api/volume.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { bytesOfFiles } from "../graphdriver/bytes-of-files.ts";
import type { Roots } from "../paths.ts";
import { type Filters, listFilter, pruneFilter } from "./filters.ts";
import { type MountedAs, mountedAs, mountVolume, unmountVolume } from "./local.ts";
import { anonymousName, validateName } from "./name.ts";

const DRIVER = "local";
const DATA = "_data";
const MOUNTED_AS = "opts.json";
const RECORD = "volume.json";
const HIDDEN = ".";

interface VolumeRecord {
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
}

/** Hears of what happens to volumes: for `docker events`. */
export type VolumeListener = (
  action: "create" | "destroy" | "mount" | "unmount",
  name: string,
  attributes: Readonly<Record<string, string>>,
) => void;

/** Host IDs of the root of remapped containers. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export class VolumeStore {
  readonly #dir: string;
  readonly #owner: Owner;
  readonly #tell: VolumeListener;
  /** By volume: the containers that have it, whether they run or not. */
  readonly #references = new Map<string, Set<string>>();
  /** By volume: the containers that have it mounted. */
  readonly #mounted = new Map<string, Set<string>>();

  private constructor(dir: string, owner: Owner, tell: VolumeListener) {
    this.#dir = dir;
    this.#owner = owner;
    this.#tell = tell;
  }

  /** Finds the volumes of earlier daemons. Who uses them is for the caller to say again: `reference`, `mount`. */
  static async open(
    { dataRoot }: Pick<Roots, "dataRoot">,
    owner: Owner = { uid: 0, gid: 0 },
    tell: VolumeListener = () => {},
  ): Promise<VolumeStore> {
    const dir = join(dataRoot, "volumes");
    mkdirSync(dir, { recursive: true, mode: 0o701 }); // to be passed through, not to be read
    for (const name of readdirSync(dir).filter((name) => name.startsWith(HIDDEN)))
      await rm(join(dir, name), { recursive: true, force: true });
    return new VolumeStore(dir, owner, tell);
  }

  /**
   * Makes a volume, or gives the one there is, whatever its options are.
   *
   * @throws {InvalidArgument} For a name or options that can't be; {NotFound} for a driver other than `local`.
   */
  create(request: Partial<VolumeCreateRequest>): Volume {
    const { Name: name = "", Driver: driver = "", DriverOpts, Labels } = request;
    if (name === "") return this.create({ ...request, Name: anonymousName() });
    if (driver !== "" && driver !== DRIVER)
      throw new NotFound(
        `create ${name}: error looking up volume plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
      );
    validateName(name);
    const mounted = mountedAs(name, DriverOpts ?? {});
    if (!existsSync(join(this.#dir, name))) {
      const CreatedAt = new Date().toISOString().replace(/\.\d+/, "");
      this.#make(name, { CreatedAt, Labels: Labels ?? null, Options: DriverOpts ?? null }, mounted);
    }
    this.#tell("create", name, { driver: DRIVER });
    return this.get(name);
  }

  /** Under another name first: a volume that is there is whole. */
  #make(name: string, record: VolumeRecord, mounted: MountedAs | undefined): void {
    const made = join(this.#dir, `${HIDDEN}making-${anonymousName()}`); // a name may be as long as a file's
    mkdirSync(join(made, DATA), { recursive: true, mode: 0o755 });
    chownSync(join(made, DATA), this.#owner.uid, this.#owner.gid);
    if (mounted) writeFileSync(join(made, MOUNTED_AS), JSON.stringify(mounted), { mode: 0o600 });
    writeFileAtomic(join(made, RECORD), JSON.stringify(record));
    renameSync(made, join(this.#dir, name));
  }

  /** @throws {NotFound} When there is no such volume. */
  get(name: string): Volume {
    const dir = join(this.#dir, name);
    const isName = name !== "" && !name.includes("/") && !name.startsWith(HIDDEN);
    if (!isName || !existsSync(join(dir, RECORD))) throw new NotFound(`get ${name}: no such volume`);
    const { CreatedAt, Labels, Options } = JSON.parse(readFileSync(join(dir, RECORD), "utf8")) as VolumeRecord;
    return { CreatedAt, Driver: DRIVER, Labels, Mountpoint: join(dir, DATA), Name: name, Options, Scope: "local" };
  }

  has(name: string): boolean {
    return existsSync(join(this.#dir, name, RECORD));
  }

  /** In the order of their names. @throws {InvalidArgument} For a filter that there is not. */
  list(filters: Filters = new Map()): Volume[] {
    const matches = listFilter(filters, ({ Name }) => this.#isUsed(Name));
    const names = readdirSync(this.#dir).filter((name) => existsSync(join(this.#dir, name, RECORD)));
    return names
      .filter((name) => !name.startsWith(HIDDEN))
      .sort()
      .map((name) => this.get(name))
      .filter(matches);
  }

  /** @throws {NotFound} Unless `force` is set; {Conflict} when a container has it, running or not. */
  async remove(name: string, { force = false } = {}): Promise<void> {
    if (force && !existsSync(join(this.#dir, name, RECORD))) return;
    const { Mountpoint } = this.get(name);
    const users = [...(this.#references.get(name) ?? [])];
    if (users.length > 0) throw new Conflict(`remove ${name}: volume is in use - [${users.join(", ")}]`);
    unmountVolume(Mountpoint); // so that what is mounted there stays
    const removed = join(this.#dir, `${HIDDEN}removed-${anonymousName()}`);
    renameSync(join(this.#dir, name), removed);
    await rm(removed, { recursive: true, force: true });
    this.#tell("destroy", name, { driver: DRIVER });
  }

  /** Removes all volumes that no container has. @throws {InvalidArgument} For a filter that there is not. */
  async prune(filters: Filters = new Map()): Promise<VolumesPruneReport> {
    const matches = pruneFilter(filters);
    const deleted: string[] = [];
    let SpaceReclaimed = 0;
    for (const volume of this.list().filter(matches)) {
      if (this.#isUsed(volume.Name)) continue;
      const size = await bytesOfFiles(volume.Mountpoint);
      if (this.#isUsed(volume.Name) || !this.has(volume.Name)) continue; // since a moment ago
      await this.remove(volume.Name, { force: true });
      deleted.push(volume.Name);
      SpaceReclaimed += size;
    }
    return { VolumesDeleted: deleted, SpaceReclaimed };
  }

  /** All, with what they take, for GET /system/df. */
  async usage(): Promise<Volume[]> {
    const counted = this.list().map(async (volume): Promise<Volume> => {
      const RefCount = this.#references.get(volume.Name)?.size ?? 0;
      return { ...volume, UsageData: { Size: await bytesOfFiles(volume.Mountpoint), RefCount } };
    });
    return (await Promise.all(counted)).filter(({ Name }) => this.has(Name)); // some are removed meanwhile
  }

  /** A container has a volume from its creation on. @throws {NotFound} When there is no such volume. */
  reference(name: string, container: string): void {
    this.get(name);
    entry(this.#references, name).add(container);
  }

  /** … until it is removed. */
  release(name: string, container: string): void {
    this.unmount(name, container);
    drop(this.#references, name, container);
  }

  #isUsed(name: string): boolean {
    return this.#references.has(name);
  }

  /**
   * A container is started: what the volume's options ask for is mounted, once for all.
   *
   * @returns The directory of the host, to be bound into the container.
   */
  mount(name: string, container: string): string {
    const { Mountpoint } = this.get(name);
    const mounted = this.#mountedAs(name);
    if (mounted) mountVolume(mounted, Mountpoint);
    entry(this.#mounted, name).add(container);
    return Mountpoint;
  }

  /** … and has ended. */
  unmount(name: string, container: string): void {
    if (!drop(this.#mounted, name, container)) return;
    if (this.#mountedAs(name)) unmountVolume(join(this.#dir, name, DATA));
  }

  #mountedAs(name: string): MountedAs | undefined {
    const file = join(this.#dir, name, MOUNTED_AS);
    return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as MountedAs) : undefined;
  }
}

function entry(map: Map<string, Set<string>>, name: string): Set<string> {
  const set = map.get(name) ?? new Set();
  map.set(name, set);
  return set;
}

/** @returns Whether it was the last one. */
function drop(map: Map<string, Set<string>>, name: string, container: string): boolean {
  if (!map.get(name)?.delete(container) || map.get(name)!.size > 0) return false;
  return map.delete(name);
}
