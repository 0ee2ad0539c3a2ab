/** Directories of the host, as containers' mounts. */
import { mkdirSync } from "node:fs";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { MountPoint } from "../config/mount-points.ts";
import type { Container } from "../container/container.ts";
import type { Volumes } from "./volumes.ts";

export class ContainerVolumes implements Volumes {
  async prepare(_container: Container, points: readonly MountPoint[]): Promise<MountPoint[]> {
    for (const { Type, Source, SkipMountpointCreation } of points) {
      if (Type === "volume") throw new InvalidArgument("Cannot make a volume: this daemon has none");
      if (Type === "bind" && !SkipMountpointCreation) mkdirSync(Source, { recursive: true });
    }
    return [...points];
  }

  async release(): Promise<void> {}
}
