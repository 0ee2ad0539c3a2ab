/** Images: the index of names and the layers that it points to. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Union } from "../../aufs/mount.ts";
import { type Image, newImage } from "./image.ts";
import { Index } from "./index.ts";
import { LayerStore } from "./layer-store.ts";

export class ImageStore {
  readonly index: Index;
  readonly layers: LayerStore;

  constructor(dir: string, union: Union) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.index = new Index(join(dir, "index.json"));
    this.layers = new LayerStore(join(dir, "layers"), union);
  }

  /**
   * Makes an image of a tar: its files as a new layer on top of the parent's.
   *
   * @param parent - What the tar was made from: id and layers, top first.
   * @throws {Error} For an illegal name, before anything is read; for a bad archive. No image is added then.
   */
  async import(
    name: string,
    archive: AsyncIterable<Buffer>,
    parent = { id: "", layers: [] as readonly string[] },
  ): Promise<Image> {
    newImage(name, [], parent.id); // refuses the name now
    const layer = await this.layers.add(archive);
    const image = newImage(name, [layer, ...parent.layers], parent.id);
    this.index.add(image);
    return image;
  }
}
