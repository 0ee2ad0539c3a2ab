/**
 * index.json: which images there are, by id and by name.
 *
 *     {"Path": "…/images/index.json",
 *      "ByName": {"base": [{"Id": "base:6f1d…", "Layers": ["…/layers/6f1d…"], "Created": "…", "Parent": ""}]},
 *      "ById": {"base:6f1d…": {…the same, in full…}}}
 *
 * Every operation reads the file first and every change replaces it whole. Both happen in one go, so two requests can't lose each
 * other's change, and a daemon that is killed leaves the file as it was before or after. (The original wrote it in place.)
 */
import { readFileSync } from "node:fs";
import { isErrno } from "@eras/linux/errno.ts";
import { step } from "../../step.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { type Image, imageName, isImage, newImage } from "./image.ts";

/** All images that bore a name, newest first. */
export type History = readonly Image[];

/** The maps of index.json. */
interface Tables {
  readonly ByName: Map<string, History>;
  readonly ById: Map<string, Image>;
}

export class Index {
  readonly Path: string;

  constructor(path: string) {
    this.Path = path;
  }

  /** The image with this id, else the newest with this name. No abbreviations, no tags. */
  find(idOrName: string): Image | undefined {
    step("dockerd.find-image", { idOrName });
    const { ById, ByName } = this.#load();
    return ById.get(idOrName) ?? ByName.get(idOrName)?.[0];
  }

  /** Names in alphabetical order, each with its history. */
  histories(): [name: string, history: History][] {
    return [...this.#load().ByName].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Adds `image` to its name's history, unless it is the newest there already. */
  add(image: Image): void {
    const tables = this.#load();
    const history = tables.ByName.get(imageName(image)) ?? [];
    if (history[0]?.Id === image.Id) return;
    tables.ByName.set(imageName(image), [image, ...history].sort(newestFirst));
    tables.ById.set(image.Id, image);
    this.#save(tables);
  }

  /** Gives the layers of `source` another name. @throws {Error} When there is no such image, or the name is illegal. */
  copy(source: string, name: string): Image {
    const original = this.find(source);
    if (!original) throw new Error(`No such image: ${source}`);
    const copy = newImage(name, original.Layers, original.Id);
    this.add(copy);
    return copy;
  }

  /** Forgets a name with its whole history. The layers stay on disk: others may use them. */
  remove(name: string): void {
    const tables = this.#load();
    const history = tables.ByName.get(name);
    if (!history) throw new Error(`No such image: ${name}`);
    tables.ByName.delete(name);
    for (const image of history) tables.ById.delete(image.Id);
    this.#save(tables);
  }

  #load(): Tables {
    try {
      return readTables(JSON.parse(readFileSync(this.Path, "utf8")));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return { ByName: new Map(), ById: new Map() };
      throw new Error(`Cannot read ${this.Path}: ${error instanceof Error ? error.message : error}`);
    }
  }

  #save({ ByName, ById }: Tables): void {
    const text = JSON.stringify({
      Path: this.Path,
      ByName: Object.fromEntries(ByName),
      ById: Object.fromEntries(ById),
    });
    writeFileAtomic(this.Path, text, { mode: 0o600, durable: true });
  }
}

/** @throws {Error} When `index` has another shape. */
function readTables(index: { ByName?: unknown; ById?: unknown }): Tables {
  const histories = Object.entries(index?.ByName ?? {});
  const images = Object.entries(index?.ById ?? {});
  if (!isRecord(index?.ByName) || !isRecord(index.ById) || !histories.every(([, history]) => Array.isArray(history)))
    throw new Error("it is no index of images");
  const foreign = [...histories.flatMap(([, history]) => history), ...images.map(([, image]) => image)].find(
    (image) => !isImage(image),
  );
  if (foreign !== undefined) throw new Error(`${JSON.stringify(foreign)} is no image`);
  return { ByName: new Map(histories), ById: new Map(images) };
}

const isRecord = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

const newestFirst = (a: Image, b: Image) => Date.parse(b.Created) - Date.parse(a.Created);
