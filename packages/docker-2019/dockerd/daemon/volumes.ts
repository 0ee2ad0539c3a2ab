/** The volumes of containers, as the daemon needs them. */
import type { MountPoint } from "../config/mount-points.ts";
import type { Container } from "../container/container.ts";

export interface Volumes {
  /** Makes the volumes and directories of a new container, and fills new volumes. @returns The same, with where each is. */
  prepare(container: Container, points: readonly MountPoint[]): Promise<MountPoint[]>;
  /** A container is no more. @param anonymous - Whether its volumes without a name go too. */
  release(container: Container, options: { readonly anonymous: boolean }): Promise<void>;
}
