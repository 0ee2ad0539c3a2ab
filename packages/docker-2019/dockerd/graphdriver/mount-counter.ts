/** Counts who uses a mount, so that the first one mounts and the last one unmounts. */
export class MountCounter {
  readonly #users = new Map<string, number>();

  /** @returns How many there are now. */
  add(path: string): number {
    const count = (this.#users.get(path) ?? 0) + 1;
    this.#users.set(path, count);
    return count;
  }

  /** @returns How many are left. One that nobody knew of counts as the last: its mount is from before a restart. */
  remove(path: string): number {
    const count = (this.#users.get(path) ?? 1) - 1;
    if (count > 0) this.#users.set(path, count);
    else this.#users.delete(path);
    return count;
  }
}
