/**
 * Works with images in a data root until it is killed, and writes a line for each thing as soon as it is done.
 *
 *     main.ts DATA-ROOT ARCHIVE
 */
import { createReadStream, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openGraphDriver } from "@eras/docker-2019/dockerd/graphdriver/open.ts";
import { openImages } from "@eras/docker-2019/dockerd/image/images.ts";
import { loadImages } from "@eras/docker-2019/dockerd/image/load.ts";
import { commitImage } from "@eras/docker-2019/dockerd/image/make.ts";
import { removeImage } from "@eras/docker-2019/dockerd/image/remove.ts";
import { fillInitLayer } from "@eras/docker-2019/dockerd/layer/init-layer.ts";
import { topChainId } from "@eras/docker-2019/dockerd/layer/layer-store.ts";
import { MS_PRIVATE, MS_REC, mount } from "@eras/linux/mount.ts";
import { CLONE_NEWNS, unshare } from "@eras/linux/namespaces.ts";

unshare(CLONE_NEWNS); // mounts go with the process
mount(null, "/", null, MS_PRIVATE | MS_REC, null);
const [dataRoot, archive] = process.argv.slice(2) as [string, string];
const stores = await openImages(dataRoot, openGraphDriver(dataRoot, "overlay2"));
const { images, rwLayers } = stores;
const say = (text: string) => writeSync(1, `${text}\n`);

for (let round = 0; ; round++) {
  const [base] = await loadImages(stores, createReadStream(archive), () => {});
  say(`image ${base}`);
  const container = `${process.pid}-${round}`;
  await rwLayers.create(container, topChainId(images.image(base!).rootfs.diff_ids), { init: fillInitLayer });
  say(`container ${container}`);
  writeFileSync(join(rwLayers.mount(container), "written"), `${process.pid} ${round}`);
  rwLayers.unmount(container);
  const config = { Cmd: ["sh"] };
  const id = await commitImage(stores, { containerId: container, containerConfig: {}, config, parent: base });
  say(`image ${id}`);
  say(`going ${container}`);
  await rwLayers.remove(container);
  if (round % 2 === 0) continue;
  for (const going of [id, base!]) {
    if (images.children(going).length > 0) continue; // of an earlier round
    say(`going ${going}`);
    await removeImage(stores, going, { users: () => [], isForced: true, keepsParents: true });
  }
}
