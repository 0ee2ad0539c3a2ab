/**
 * Where the daemon keeps things. The original's /var/lib/docker is left to a Docker that may be installed.
 *
 *     /var/lib/docker-eras/2013/          -g
 *     ├─ images/
 *     │  ├─ index.json                    the whole metadata database of images
 *     │  ├─ union                         "aufs" or "overlay": whose marks of deletion the layers and writable branches have
 *     │  └─ layers/<16 hex>/              one unpacked directory a layer; tmp-<16 hex> while it is unpacked
 *     └─ containers/<8 hex>/              0700
 *        ├─ config.json  userdata.json    the container; its image and comment
 *        ├─ config.lxc                    what lxc-start is told, made once, at creation
 *        ├─ rw/                           writable branch;  work/: overlayfs's scratch space, beside it
 *        └─ rootfs/                       mount point of the whole union, writable branch included
 *     /run/docker-eras/2013/              --exec-root
 *     └─ trace/                           notes of traced requests: rcli/trace-link.ts
 */
import { join, resolve } from "node:path";

export const DEFAULT_ROOT = "/var/lib/docker-eras/2013";
export const DEFAULT_EXEC_ROOT = "/run/docker-eras/2013";
/** The program that the original found at /usr/bin/lxc-start: ours. */
export const DEFAULT_LXC_START = resolve(import.meta.dirname, "../../../bin/lxc-start-2013");

export const imagesDir = (root: string) => join(root, "images");
export const containersDir = (root: string) => join(root, "containers");
export const traceLinksDir = (execRoot: string) => join(execRoot, "trace");
