/** `ctr images` */
import type { Group } from "../command.ts";
import { exportArchive, importImages } from "./images/archive.ts";
import { check } from "./images/check.ts";
import { convert } from "./images/convert.ts";
import { list } from "./images/list.ts";
import { mount, unmount } from "./images/mount.ts";
import { label, remove, tag } from "./images/names.ts";
import { pull } from "./images/pull.ts";
import { push } from "./images/push.ts";

export const images: Group = {
  name: "images",
  summary: "manage images",
  commands: [check, exportArchive, importImages, list, mount, unmount, pull, push, remove, tag, label, convert],
};
