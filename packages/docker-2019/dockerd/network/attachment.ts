/** What the networks are told of a container, and what they say. */
import type { ContainerConfig, HostConfig } from "../../engine-api/container-config.ts";
import type { EtcFiles } from "./etc-files.ts";
import type { HostsOptions } from "./hosts-file.ts";
import type { LinkRecord } from "./records.ts";

/** A container that is to be connected. */
export interface Attachment {
  readonly id: string;
  /** Without a slash. */
  readonly name: string;
  /** Its directory of the host. */
  readonly dir: string;
  readonly config: ContainerConfig;
  readonly hostConfig: HostConfig;
  readonly links?: readonly (NonNullable<HostsOptions["links"]>[number] & LinkRecord)[];
  /** It gets a user namespace, so its network namespace has to be the runtime's work: call `furnish` when that is done. */
  readonly remapped?: boolean;
}

export interface Connection {
  /** For the namespace `network` of config.json; undefined: a new one, or none if it is the host's. */
  readonly netnsPath: string | undefined;
  readonly files: EtcFiles;
}
