/** Which snapshotter: the part of containerd that keeps unpacked layers. */
import type { Option } from "commander";
import { flag } from "./command.ts";

const DEFAULT_SNAPSHOTTER = "overlayfs";

export interface SnapshotterFlags {
  readonly snapshotter: string;
}

export const SNAPSHOTTER_OPTION: Option = flag("--snapshotter <value>", "snapshotter name")
  .default(DEFAULT_SNAPSHOTTER)
  .env("CONTAINERD_SNAPSHOTTER");
