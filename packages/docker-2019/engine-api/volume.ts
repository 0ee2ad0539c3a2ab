/** Volumes. */
import type { Dictionary, List } from "./container-config.ts";

/** GET /volumes/NAME */
export interface Volume {
  readonly CreatedAt?: string;
  readonly Driver: string;
  readonly Labels: Dictionary<string>;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Dictionary<string>;
  readonly Scope: string;
  readonly Status?: Dictionary<unknown>;
  /** In GET /system/df; -1: not known. */
  readonly UsageData?: { readonly Size: number; readonly RefCount: number };
}

/** GET /volumes */
export interface VolumeList {
  readonly Volumes: List<Volume>;
  readonly Warnings: List<string>;
}

/** POST /volumes/create */
export interface VolumeCreateRequest {
  readonly Driver: string;
  readonly DriverOpts: Dictionary<string>;
  readonly Labels: Dictionary<string>;
  /** Empty: the daemon makes one up. */
  readonly Name: string;
}

/** POST /volumes/prune */
export interface VolumesPruneReport {
  readonly VolumesDeleted: List<string>;
  readonly SpaceReclaimed: number;
}
