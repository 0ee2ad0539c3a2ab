/** What the daemon tells of images, and of their going. */
import type { ContainerConfig, Dictionary, List } from "./container-config.ts";

export interface GraphDriverData {
  readonly Name: string;
  /** overlay2's: LowerDir, UpperDir, WorkDir, MergedDir. */
  readonly Data: Dictionary<string>;
}

/** GET /images/NAME/json */
export interface ImageInspect {
  /** `sha256:…`: the digest of its configuration. */
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  /** RFC 3339. */
  readonly Created: string;
  /** The one that it was committed from, and that one's configuration. */
  readonly Container: string;
  readonly ContainerConfig: ContainerConfig | null;
  readonly DockerVersion: string;
  readonly Author: string;
  readonly Config: ContainerConfig | null;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly OsVersion?: string;
  readonly Size: number;
  readonly VirtualSize: number;
  readonly GraphDriver: GraphDriverData;
  /** DiffIDs, bottom layer first. */
  readonly RootFS: { readonly Type: string; readonly Layers?: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
}

/** One of GET /images/json */
export interface ImageSummary {
  /** -1: not counted. */
  readonly Containers: number;
  /** Seconds since 1970. */
  readonly Created: number;
  readonly Id: string;
  readonly Labels: Dictionary<string>;
  readonly ParentId: string;
  readonly RepoDigests: List<string>;
  readonly RepoTags: List<string>;
  /** -1: not counted. */
  readonly SharedSize: number;
  readonly Size: number;
  readonly VirtualSize: number;
}

/** One of GET /images/NAME/history, newest first. */
export interface ImageHistoryItem {
  readonly Comment: string;
  readonly Created: number;
  readonly CreatedBy: string;
  /** `<missing>` of a layer that was built elsewhere. */
  readonly Id: string;
  readonly Size: number;
  readonly Tags: List<string>;
}

/** One of what DELETE /images/NAME did, in its order. */
export type ImageDeleteItem = { readonly Untagged: string } | { readonly Deleted: string };

/** POST /images/prune */
export interface ImagesPruneReport {
  readonly ImagesDeleted: List<ImageDeleteItem>;
  readonly SpaceReclaimed: number;
}

/** One of GET /images/search */
export interface ImageSearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
  readonly is_automated: boolean;
}
