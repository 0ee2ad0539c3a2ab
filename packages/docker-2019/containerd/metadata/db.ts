/**
 * The metadata database: transactions over the tables of schema.ts.
 *
 * A transaction is one synchronous function. Nothing else of this process runs meanwhile, so it sees no half-made change and shows none;
 * and one LMDB commit makes it last: `fdatasync` is called before `update` returns. After a loss of power each transaction is there
 * wholly or not at all, and none is missing that was reported as done. What lies beside the database (blobs, snapshots) is written
 * before the record that names it, and goes after it.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Database } from "lmdb";
import { DatabaseFile } from "../database-file.ts";
import { quote } from "../identifiers.ts";
import { MAX_KEY_BYTES, SCHEMA_VERSION, TABLE_NAMES, type Tables } from "./schema.ts";

/** Is told of each change, and whether it left something that nobody refers to any more. */
export type MutationListener = (dirty: boolean) => void;

export class MetadataDb {
  readonly #file: DatabaseFile;
  readonly #listeners: MutationListener[] = [];
  readonly tables: Tables;
  /** Removals since the last garbage collection. */
  #removals = 0;
  #lastNumber = 0;

  /**
   * Opens the database, and makes it where there is none.
   *
   * @param path - Of the file; LMDB puts a lock file beside it.
   * @throws {FailedPrecondition} When a newer containerd has written it.
   * @throws {Unavailable} When it can't be opened.
   */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    this.#file = new DatabaseFile(path, TABLE_NAMES.length + 1);
    this.#checkVersion(path);
    const openTable = (name: string) => this.#file.environment.openDB({ name, encoding: "msgpack" });
    // openDB knows nothing of the types: schema.ts says what is in each table.
    this.tables = Object.fromEntries(TABLE_NAMES.map((name) => [name, openTable(name)])) as unknown as Tables;
  }

  /**
   * Changes the tables, all at once or, when `change` throws, not at all. It must not await.
   *
   * @returns What `change` returns, once it is on the disk.
   */
  update<Result>(change: (tables: Tables) => Result): Result {
    const removalsBefore = this.#removals;
    try {
      const result = this.#file.change(() => change(this.tables));
      for (const listener of this.#listeners) listener(this.#removals > 0);
      return result;
    } catch (cause) {
      this.#removals = removalsBefore;
      throw cause;
    }
  }

  /** As `update`, for the garbage collector: nobody is told, and afterwards nothing is left that nobody refers to. */
  clean<Result>(change: (tables: Tables) => Result): Result {
    const result = this.#file.change(() => change(this.tables));
    this.#removals = 0;
    return result;
  }

  /** Whether something was removed since the last `clean` that may have kept other things. */
  get isDirty(): boolean {
    return this.#removals > 0;
  }

  /** To be called within `update`: something was removed that may have kept other things. */
  markDirty(): void {
    this.#removals++;
  }

  onMutation(listener: MutationListener): void {
    this.#listeners.push(listener);
  }

  /** A number that no earlier call has given, in this process or one before: it follows the clock, in microseconds. */
  nextNumber(): number {
    this.#lastNumber = Math.max(this.#lastNumber + 1, Date.now() * 1000);
    return this.#lastNumber;
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #checkVersion(path: string): void {
    const versions = this.#file.environment.openDB<number, string>({ name: "version", encoding: "msgpack" });
    const version = versions.get("schema");
    if (version !== undefined && version > SCHEMA_VERSION)
      throw new FailedPrecondition(
        `Cannot open ${path}: its schema has version ${version}, known is ${SCHEMA_VERSION}`,
      );
    if (version !== SCHEMA_VERSION) versions.putSync("schema", SCHEMA_VERSION); // what is there can be read as it is
  }
}

/** A record, if there is one. A name that is too long to be stored names none. */
export function recordAt<Value, Key extends readonly string[]>(
  table: Database<Value, Key & string[]>,
  ...key: Key & string[]
): Value | undefined {
  return keyBytes(key) > MAX_KEY_BYTES ? undefined : table.get(key);
}

/** All of a table whose key begins with these parts, in the order of the keys. */
export function entriesOf<Value, Key extends readonly string[]>(
  table: Database<Value, Key & string[]>,
  ...prefix: readonly string[]
): { key: Key; value: Value }[] {
  return [...table.getRange(prefixRange(prefix))];
}

/** Whether there is any. */
export function hasEntries(table: Database<unknown, string[]>, ...prefix: readonly string[]): boolean {
  return [...table.getKeys({ ...prefixRange(prefix), limit: 1 })].length > 0;
}

/** Keys are sorted part by part. So what comes next after all that begin with "a" is "a" and the smallest character there is. */
function prefixRange(prefix: readonly string[]) {
  const last = prefix.at(-1);
  return last === undefined ? {} : { start: [...prefix], end: [...prefix.slice(0, -1), `${last}\0`] };
}

/** @throws {InvalidArgument} When names are too long for a key. */
export function validateKey(...parts: readonly string[]): void {
  const bytes = keyBytes(parts);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new InvalidArgument(
    `Cannot store ${quote(`${parts.at(-1)!.slice(0, 80)}…`)}: a name of ${bytes} bytes is too long`,
  );
}

function keyBytes(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
}
