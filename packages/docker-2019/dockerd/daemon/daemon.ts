/**
 * The daemon: what it keeps, and with whom it speaks. Each thing that can be done with a container has a file of its own beside this one, and
 * takes the daemon as its first argument.
 */
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type DaemonDefaults, standardDefaults } from "../config/daemon-defaults.ts";
import { hostSupport } from "../config/host-support.ts";
import type { Container } from "../container/container.ts";
import type { Exec } from "../container/exec.ts";
import { ContainerStore } from "../container/store.ts";
import type { Images } from "../image/images.ts";
import type { Containerd, RuntimeChoice } from "../libcontainerd/containerd.ts";
import type { Networks } from "../network/networks.ts";
import type { DaemonOptions } from "../options/daemon-options.ts";
import { runtimeProgram } from "../options/runtimes.ts";
import type { Remap } from "../options/userns-remap.ts";
import { containerdDir, containersDir } from "../paths.ts";
import type { VolumeStore } from "../volume/volume-store.ts";
import type { Events } from "./events.ts";

/** The halves that are opened before the daemon is. */
export interface DaemonParts {
  readonly containerd: Containerd;
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: VolumeStore;
  readonly events: Events;
}

export class Daemon {
  #options: DaemonOptions;
  #defaults: DaemonDefaults;
  readonly containers = new ContainerStore();
  readonly execs = new Map<string, Exec>();
  readonly events: Events;
  readonly containerd: Containerd;
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: VolumeStore;
  /** Restarts that wait for their time, by container. */
  readonly restarts = new Map<string, AbortController>();
  isShuttingDown = false;

  constructor(options: DaemonOptions, { containerd, images, networks, volumes, events }: DaemonParts) {
    this.#options = options;
    this.#defaults = defaultsOf(options);
    this.containerd = containerd;
    this.images = images;
    this.networks = networks;
    this.volumes = volumes;
    this.events = events;
    const { remap } = options;
    mkdirSync(containersDir(options), { recursive: true, mode: remap ? 0o710 : 0o700 });
    if (remap) chownSync(containersDir(options), 0, remap.root.gid);
  }

  /** What dockerd was told. */
  get options(): DaemonOptions {
    return this.#options;
  }

  /** What requests leave out. */
  get defaults(): DaemonDefaults {
    return this.#defaults;
  }

  /** dockerd was told something else: SIGHUP. */
  reconfigure(options: DaemonOptions): void {
    this.#options = options;
    this.#defaults = defaultsOf(options);
  }

  /** Where the FIFOs of a container's processes lie. */
  fifoDir(id: string): string {
    return join(containerdDir(this.options), id);
  }

  /** The root of a container's user namespace, on the host; undefined if it is the host's. */
  rootOf({ hostConfig }: Container): Remap["root"] | undefined {
    return hostConfig.UsernsMode === "host" ? undefined : this.options.remap?.root;
  }

  /** @throws {InvalidArgument} When it is not known any more. */
  runtimeOf({ hostConfig }: Container): RuntimeChoice {
    const { defaultRuntime, execRoot, containerdShim: shim } = this.options;
    const binary = runtimeProgram(this.options, hostConfig.Runtime || defaultRuntime);
    return { shim, binary, root: join(execRoot, "runtime-runc") };
  }

  /** Tells of something that has happened with a container. */
  publish(action: string, container: Container, more: Readonly<Record<string, string>> = {}): void {
    const { Image: image = "", Labels } = container.config;
    this.events.publish("container", action, container.id, { ...Labels, image, name: container.name, ...more });
  }
}

function defaultsOf(options: DaemonOptions): DaemonDefaults {
  const standard = standardDefaults(options.dataRoot, hostSupport());
  const { defaultCgroupnsMode } = options;
  return {
    ...standard,
    runtimes: new Set(Object.keys(options.runtimes)),
    defaultRuntime: options.defaultRuntime,
    shmSize: options.defaultShmSize,
    ipcMode: options.defaultIpcMode === "shareable" ? "shareable" : "private",
    cgroupnsMode: defaultCgroupnsMode === "" ? standard.cgroupnsMode : (defaultCgroupnsMode as "host" | "private"), // verified
    logConfig: { Type: options.logDriver, Config: options.logOptions },
    isRemapped: options.remap !== undefined,
  };
}
