/**
 * What is kept of networks, so that a daemon that was killed finds it again:
 *
 *     <data-root>/network/files/
 *     ├─ networks.json                 the networks that there always are: their IDs, and the bridge's subnet
 *     └─ sandboxes/<container>.json    a container that is connected: its namespace, endpoint and published ports
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../atomic-write.ts";
import type { Roots } from "../paths.ts";
import type { Endpoint } from "./endpoint.ts";
import type { PublishedPort } from "./port-mapper.ts";

export const PREDEFINED = ["bridge", "host", "none"] as const;
export type PredefinedNetwork = (typeof PREDEFINED)[number];

interface NetworkRecord {
  readonly id: string;
  /** RFC 3339. */
  readonly created: string;
  /** The bridge's. */
  readonly subnet?: string;
  /** The link that was made for it, by this daemon or one that was killed. */
  readonly made?: string;
}

export type NetworkRecords = Readonly<Record<PredefinedNetwork, NetworkRecord>>;

/** A container that is connected. */
export interface SandboxRecord {
  readonly container: string;
  /** Without a slash. */
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly network: PredefinedNetwork;
  /** Where its namespace is kept, whoever has made it: by us, by the runtime, or the host's own. */
  readonly netnsPath: string;
  readonly endpoint?: Endpoint;
  readonly ports: readonly PublishedPort[];
  /** Whom it may reach though containers are kept apart: `--link` with `--icc=false`. */
  readonly links?: readonly LinkRecord[];
}

export interface LinkRecord {
  /** The other one's ID. */
  readonly container: string;
  /** `80/tcp` */
  readonly ports: readonly string[];
}

export class Records {
  readonly #networksFile: string;
  readonly #sandboxesDir: string;

  constructor({ dataRoot }: Roots) {
    const dir = join(dataRoot, "network", "files");
    this.#networksFile = join(dir, "networks.json");
    this.#sandboxesDir = join(dir, "sandboxes");
    mkdirSync(this.#sandboxesDir, { recursive: true, mode: 0o750 });
  }

  /** The networks, made at the first call. */
  networks(): NetworkRecords {
    if (existsSync(this.#networksFile)) return JSON.parse(readFileSync(this.#networksFile, "utf8")) as NetworkRecords;
    const created = new Date().toISOString();
    const [bridge, host, none] = PREDEFINED.map(() => ({ id: newId(), created })) as [
      NetworkRecord,
      NetworkRecord,
      NetworkRecord,
    ];
    return this.saveNetworks({ bridge, host, none });
  }

  saveNetworks(networks: NetworkRecords): NetworkRecords {
    writeFileAtomic(this.#networksFile, JSON.stringify(networks));
    return networks;
  }

  sandboxes(): SandboxRecord[] {
    return readdirSync(this.#sandboxesDir)
      .filter((name) => name.endsWith(".json"))
      .map((name) => JSON.parse(readFileSync(join(this.#sandboxesDir, name), "utf8")) as SandboxRecord);
  }

  saveSandbox(sandbox: SandboxRecord): void {
    const file = this.#fileOf(sandbox.container);
    writeFileSync(`${file}.tmp`, JSON.stringify(sandbox), { mode: 0o600 });
    renameSync(`${file}.tmp`, file); // on the disk whenever: a machine that loses power loses the containers, too
  }

  removeSandbox(container: string): void {
    rmSync(this.#fileOf(container), { force: true });
  }

  #fileOf(container: string): string {
    return join(this.#sandboxesDir, `${container}.json`);
  }
}

/** For a network, a sandbox, an endpoint: 64 hexadecimal digits. */
export function newId(): string {
  return randomBytes(32).toString("hex");
}
