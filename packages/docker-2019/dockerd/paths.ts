/**
 * Where dockerd keeps its things.
 *
 *     <data-root>/                               outlives a reboot: /var/lib/docker-eras/2019/docker
 *     ├─ containers/<id>/                        a container's record, its log, its files in /etc
 *     │  ├─ config.v2.json  hostconfig.json
 *     │  ├─ <id>-json.log
 *     │  └─ hostname  hosts  resolv.conf
 *     ├─ image/<driver>/  <driver>/              images; their layers
 *     ├─ volumes/<name>/_data
 *     ├─ network/files/
 *     └─ lock                                    held while a dockerd uses all this
 *
 *     <exec-root>/                               gone after a reboot: /run/docker-eras/2019/docker
 *     ├─ containerd/                             the containerd of this dockerd, unless it is given one
 *     │  └─ <id>/init-stdin …                    the FIFOs of a container
 *     ├─ netns/                                  network namespaces of containers
 *     └─ view/                                   where a container's files are put together for `docker cp`
 */
import { join } from "node:path";

export const DEFAULT_DATA_ROOT = "/var/lib/docker-eras/2019/docker";
export const DEFAULT_EXEC_ROOT = "/run/docker-eras/2019/docker";
export const DEFAULT_CONFIG_FILE = "/etc/docker-eras/2019/daemon.json";
export const DEFAULT_PIDFILE = "/run/docker-eras/2019/docker.pid";

/** The two roots. */
export interface Roots {
  readonly dataRoot: string;
  readonly execRoot: string;
}

/** The records of all containers. */
export function containersDir({ dataRoot }: Roots): string {
  return join(dataRoot, "containers");
}

/** The FIFOs of all containers, and the directory of a containerd of our own. */
export function containerdDir({ execRoot }: Roots): string {
  return join(execRoot, "containerd");
}

export function viewDir({ execRoot }: Roots): string {
  return join(execRoot, "view");
}
