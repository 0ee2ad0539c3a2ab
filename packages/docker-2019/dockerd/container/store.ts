/** All containers, by id, by name, and by the beginning of an id. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Conflict, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import { step } from "../../step.ts";
import { parseLink } from "../config/link.ts";
import { Container } from "./container.ts";

export class ContainerStore {
  readonly #byId = new Map<string, Container>();
  /** Also of containers that are just being made. */
  readonly #idByName = new Map<string, string>();
  readonly #unreadable = new Set<string>();

  /**
   * Finds what an earlier dockerd has saved. What has no record was half-made or half-removed, and is taken away.
   *
   * @returns Those whose record can't be read, each with the reason: they are left alone.
   */
  load(dir: string): { readonly id: string; readonly reason: string }[] {
    if (!existsSync(dir)) return [];
    const failures: { id: string; reason: string }[] = [];
    for (const id of readdirSync(dir)) {
      if (!Container.isAt(join(dir, id))) {
        rmSync(join(dir, id), { recursive: true, force: true });
        continue;
      }
      try {
        const container = Container.load(join(dir, id));
        this.#idByName.set(container.name, id);
        this.#byId.set(id, container);
      } catch (error) {
        this.#unreadable.add(id);
        failures.push({ id, reason: (error as Error).message });
      }
    }
    return failures;
  }

  add(container: Container): void {
    step("dockerd.register-container", { id: container.id, name: container.name });
    this.#byId.set(container.id, container);
  }

  remove({ id, name }: Container): void {
    this.#byId.delete(id);
    this.releaseName(name, id);
  }

  /** Those that nobody can tell anything of, for their records are broken: what is theirs is left alone. */
  get unreadable(): ReadonlySet<string> {
    return this.#unreadable;
  }

  /** In no order. */
  all(): Container[] {
    return [...this.#byId.values()];
  }

  /** Newest first. */
  list(): Container[] {
    return this.all().sort((a, b) => b.record.Created.localeCompare(a.record.Created));
  }

  /**
   * @param reference - An id, a name, a name that a link has given it, or what an id begins with and no other.
   * @throws {NotFound} In Docker's words; {InvalidArgument} when several ids begin so.
   */
  get(reference: string): Container {
    if (reference === "") throw new InvalidArgument('invalid name or ID supplied: ""');
    const found = this.find(reference);
    if (found) return found;
    throw new NotFound(`No such container: ${reference}`);
  }

  find(reference: string): Container | undefined {
    const name = reference.replace(/^\//, "");
    const whole = this.#byId.get(reference) ?? this.#byName(name) ?? this.#byLink(name);
    if (whole || reference === "") return whole;
    const matching = this.all().filter(({ id }) => id.startsWith(reference));
    if (matching.length > 1) throw new InvalidArgument(`Multiple IDs found with provided prefix: ${reference}`);
    return matching[0];
  }

  #byName(name: string): Container | undefined {
    return this.#byId.get(this.#idByName.get(name) ?? "");
  }

  /** `app/db`: whom app knows as db. */
  #byLink(fullName: string): Container | undefined {
    const slash = fullName.indexOf("/");
    if (slash === -1) return undefined;
    const links = this.#byName(fullName.slice(0, slash))?.hostConfig.Links ?? [];
    const link = links.map(parseLink).find(({ alias }) => alias === fullName.slice(slash + 1));
    return link && this.#byId.get(link.target);
  }

  /** @param name - A verified one. @throws {Conflict} When another container has it. */
  reserveName(name: string, id: string): void {
    const owner = this.#idByName.get(name);
    if (owner !== undefined && owner !== id)
      throw new Conflict(
        `Conflict. The container name "/${name}" is already in use by container "${owner}". You have to remove (or rename) that container to be able to reuse that name.`,
      );
    this.#idByName.set(name, id);
  }

  hasName(name: string): boolean {
    return this.#idByName.has(name);
  }

  releaseName(name: string, id: string): void {
    if (this.#idByName.get(name) === id) this.#idByName.delete(name);
  }
}
