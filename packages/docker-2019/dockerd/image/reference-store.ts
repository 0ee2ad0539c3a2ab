/**
 * The names of images: repositories.json.
 *
 *     {"Repositories":{"busybox":{"busybox:latest":"sha256:72489f…","busybox@sha256:9a3f…":"sha256:72489f…"}}}
 *
 * A tag is somebody's choice and may be given to another image; a digest is that of the manifest by which the image was pulled or pushed.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/reference/store.go
 */
import { existsSync, readFileSync } from "node:fs";
import { type Digest, isDigest } from "@eras/oci-spec/digest.ts";
import { Conflict, InvalidArgument, NotFound } from "@eras/oci-spec/errdefs.ts";
import {
  familiarName,
  familiarReference,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
  withDigest,
} from "@eras/oci-spec/reference.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { goJson, sorted } from "../layer/go-json.ts";

const FILE_MODE = 0o600;

interface RepositoriesFile {
  readonly Repositories: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A name, and whose it is. */
export interface Association {
  readonly reference: Reference;
  readonly id: Digest;
}

export class ReferenceStore {
  readonly #path: string;
  /** By the familiar form. */
  readonly #associations = new Map<string, Association>();

  /** @param path - Of repositories.json, which need not be there. @throws {Error} When it can't be understood. */
  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    const { Repositories } = JSON.parse(readFileSync(path, "utf8")) as RepositoriesFile; // we have written it, or Docker has
    for (const [text, id] of Object.values(Repositories ?? {}).flatMap(Object.entries) as [string, string][]) {
      if (isDigest(id)) this.#associations.set(text, { reference: parseReference(text), id });
    }
  }

  /** The image of a name. Of a tag and a digest the digest counts; with neither, the tag is `latest`. Undefined when there is none. */
  get(reference: Reference): Digest | undefined {
    return this.#associations.get(familiarReference(asKey(reference)))?.id;
  }

  /** The names of an image, in order. */
  referencesOf(id: Digest): Reference[] {
    const own = [...this.#associations.values()].filter((association) => association.id === id);
    return own.map(({ reference }) => reference).sort(byText);
  }

  /** All names in a repository. */
  inRepository(reference: Reference): Association[] {
    const name = repositoryName(reference);
    return [...this.#associations.values()].filter((association) => repositoryName(association.reference) === name);
  }

  /** Gives an image a tag, which another one may have had. @throws {InvalidArgument} When the reference is none that can be given. */
  addTag(reference: Reference, id: Digest): void {
    if (reference.digest !== undefined) throw new InvalidArgument("refusing to create a tag with a digest reference");
    this.#add(withDefaultTag(reference), id);
  }

  /** Notes the digest of the manifest. @throws {Conflict} When the digest is noted for another image, unless by force. */
  addDigest(reference: Reference, digest: Digest, id: Digest, { force = false } = {}): void {
    const named = withDigest(reference, digest);
    const before = this.get(named);
    if (!force && before !== undefined && before !== id) throw new Conflict(`Cannot overwrite digest ${digest}`);
    this.#add(named, id);
  }

  #add(reference: Reference, id: Digest): void {
    if (familiarName(reference) === "sha256") {
      throw new InvalidArgument("refusing to create an ambiguous tag using digest algorithm as name");
    }
    const text = familiarReference(reference);
    if (this.#associations.get(text)?.id === id) return;
    this.#change(text, { reference, id });
  }

  /** @throws {NotFound} `reference does not exist` */
  delete(reference: Reference): void {
    const text = familiarReference(asKey(reference));
    if (!this.#associations.has(text)) throw new NotFound("reference does not exist");
    this.#change(text, undefined);
  }

  /** What can't be written hasn't happened. */
  #change(text: string, association: Association | undefined): void {
    const before = this.#associations.get(text);
    this.#set(text, association);
    try {
      this.#save();
    } catch (error) {
      this.#set(text, before);
      throw error;
    }
  }

  #set(text: string, association: Association | undefined): void {
    if (association === undefined) this.#associations.delete(text);
    else this.#associations.set(text, association);
  }

  #save(): void {
    const byRepository = Map.groupBy(this.#associations, ([, { reference }]) => familiarName(reference));
    const repositories = [...byRepository].map(([name, own]) => {
      return [name, sorted(Object.fromEntries(own.map(([text, { id }]) => [text, id])))] as const;
    });
    writeFileAtomic(this.#path, goJson({ Repositories: sorted(Object.fromEntries(repositories)) }), FILE_MODE);
  }
}

/** With one of tag and digest. */
function asKey(reference: Reference): Reference {
  return reference.digest === undefined ? withDefaultTag(reference) : withDigest(reference, reference.digest);
}

function byText(a: Reference, b: Reference): number {
  return familiarReference(a) < familiarReference(b) ? -1 : 1;
}
