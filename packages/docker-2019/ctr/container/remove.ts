/** Removing containers, with what only they have. */
import { NotFound } from "@eras/oci-spec/errdefs.ts";
import type { Container } from "../../proto/gen/containers_pb.ts";
import type { Containerd } from "../containerd.ts";

/** Removes the record and, unless it is to be kept, the snapshot with what the container has written. */
export async function removeContainer(
  containerd: Containerd,
  { id, snapshotter, snapshotKey: key }: Container,
  { keepSnapshot = false } = {},
): Promise<void> {
  if (key !== "" && !keepSnapshot) await removeSnapshot(containerd, snapshotter, key);
  await containerd.containers.delete({ id });
}

/** One that is gone already is what was wanted. */
async function removeSnapshot(containerd: Containerd, snapshotter: string, key: string): Promise<void> {
  try {
    await containerd.snapshots.remove({ snapshotter, key });
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
  }
}
