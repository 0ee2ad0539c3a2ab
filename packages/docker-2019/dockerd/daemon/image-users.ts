/** The containers, as far as images are concerned. */
import type { ImageUser } from "../image/remove.ts";
import type { Daemon } from "./daemon.ts";

export function imageUsers({ containers }: Daemon): ImageUser[] {
  return containers
    .list()
    .map(({ id, record, state }) => ({ containerId: id, imageId: record.Image, isRunning: state.isRunning }));
}
