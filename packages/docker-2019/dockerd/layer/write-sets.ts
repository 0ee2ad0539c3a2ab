/**
 * How layers survive a crash: a layer is a tree of the driver and a directory of files about it, and whatever moment the daemon dies at, either both
 * are there or the next start removes what is.
 *
 *     begin      LAYERDB/tmp/write-set-6e82c2…/cache-id     first of all the names of the trees are on the disk …
 *                the driver's tree is made and filled       … so that a start that finds a write set knows what to remove
 *     publish    rename(2) to LAYERDB/sha256/9d613f…        now it is a layer, all at once
 *
 *     withdraw   rename(2) back to LAYERDB/tmp              now it is none any more, all at once
 *     discard    trees first, the write set last            cut off anywhere, the next start goes on with it
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sync, writeDurably } from "../durable-write.ts";
import type { GraphDriver } from "../graphdriver/driver.ts";

const FILE_MODE = 0o644;
const SET_MODE = 0o700;
/** The files that name trees of the driver. */
const TREE_FILES = ["cache-id", "mount-id", "init-id"];

export class WriteSets {
  readonly #directory: string;
  readonly #driver: GraphDriver;

  /** @param directory - LAYERDB/tmp; made if it isn't there. */
  constructor(directory: string, driver: GraphDriver) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#driver = driver;
  }

  /** Removes what an earlier daemon had begun and not published, or withdrawn and not discarded. */
  async discardAll(): Promise<void> {
    for (const name of readdirSync(this.#directory)) await this.discard(join(this.#directory, name));
  }

  /**
   * Begins something that consists of trees of the driver and files about them.
   *
   * @param files - By name: those of TREE_FILES name the trees.
   * @returns The write set's directory, for more files.
   */
  begin(files: Readonly<Record<string, string>>): string {
    const writeSet = this.#newPath();
    mkdirSync(writeSet, { mode: SET_MODE });
    this.write(writeSet, files);
    return writeSet;
  }

  /** Adds files. */
  write(writeSet: string, files: Readonly<Record<string, string>>): void {
    for (const [name, content] of Object.entries(files)) writeDurably(join(writeSet, name), content, FILE_MODE);
  }

  /** Ends what was begun: it is there, in its place, all at once. */
  publish(writeSet: string, place: string): void {
    renameSync(writeSet, place);
    sync(join(place, ".."));
  }

  /** Takes what was published out of its place, all at once. It is to be discarded then. */
  withdraw(place: string): string {
    const writeSet = this.#newPath();
    renameSync(place, writeSet);
    return writeSet;
  }

  /** Removes the trees that a write set names, and the write set. */
  async discard(writeSet: string): Promise<void> {
    for (const path of TREE_FILES.map((name) => join(writeSet, name))) {
      const tree = existsSync(path) ? readFileSync(path, "utf8") : "";
      if (isTreeName(tree)) await this.#driver.remove(tree);
    }
    rmSync(writeSet, { recursive: true, force: true });
  }

  #newPath(): string {
    return join(this.#directory, `write-set-${newTreeName()}`);
  }
}

/** A name for a tree of the driver. */
export function newTreeName(): string {
  return randomBytes(32).toString("hex");
}

/** 64 digits, and of a container's first layer a suffix. What else stands in a file names no tree. */
export function isTreeName(text: string): boolean {
  return /^[0-9a-f]{64}(?:-init)?$/.test(text);
}
