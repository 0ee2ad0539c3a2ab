/** What `checkpoint` and `restore` can both be told about how criu is to do it. */
import { resolve } from "node:path";
import { makeDirectories } from "@eras/linux/make-directories.ts";
import { CLONE_NEWNET } from "@eras/linux/namespaces.ts";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Flags, FlagValues } from "../command.ts";
import { CGROUP_MODES, type CriuOptions } from "./criu-messages.ts";

export const CRIU_FLAGS = {
  "image-path": { type: "string", description: 'path of the criu image files (default: "checkpoint")' },
  "work-path": { type: "string", description: "path for saving work files and logs (default: the images' path)" },
  "tcp-established": { type: "boolean", description: "allow open tcp connections" },
  "ext-unix-sk": { type: "boolean", description: "allow external unix sockets" },
  "shell-job": { type: "boolean", description: "allow shell jobs" },
  "lazy-pages": { type: "boolean", description: "use userfaultfd to lazily restore memory pages" },
  "file-locks": { type: "boolean", description: "handle file locks, for safety" },
  "manage-cgroups-mode": {
    type: "string",
    description: "cgroups mode: 'soft' (default), 'full', 'strict' and 'ignore'",
  },
  "empty-ns": {
    type: "string",
    multiple: true,
    description: "create a namespace, but don't restore its properties: network (default)",
  },
  "auto-dedup": { type: "boolean", description: "enable auto deduplication of memory images" },
} as const satisfies Flags;

type CriuFlags = FlagValues<typeof CRIU_FLAGS>;

/** The flags in criu's words. @throws {InvalidArgument} In runc's words, when one says what can't be. */
export function flagOptions(flags: CriuFlags): CriuOptions {
  return {
    tcp_established: flags["tcp-established"],
    ext_unix_sk: flags["ext-unix-sk"],
    shell_job: flags["shell-job"],
    lazy_pages: flags["lazy-pages"],
    file_locks: flags["file-locks"],
    auto_dedup: flags["auto-dedup"],
    manage_cgroups: true,
    manage_cgroups_mode: cgroupMode(flags["manage-cgroups-mode"]),
    empty_ns: emptyNamespaces(flags["empty-ns"]),
  };
}

/** @returns undefined to let criu choose. */
function cgroupMode(mode: string | undefined): number | undefined {
  if (mode === undefined) return undefined;
  if (Object.hasOwn(CGROUP_MODES, mode)) return CGROUP_MODES[mode as keyof typeof CGROUP_MODES];
  throw new InvalidArgument("Invalid manage cgroups mode");
}

/** The devices of a network are others' to make, and criu is to leave them alone, whether a flag says so or not. */
function emptyNamespaces(names: readonly string[] = []): number {
  const other = names.find((name) => name !== "network");
  if (other !== undefined) throw new InvalidArgument(`namespace ${JSON.stringify(other)} is not supported`);
  return CLONE_NEWNET;
}

/** Absolute. */
export interface CriuDirectories {
  readonly images: string;
  /** For logs. */
  readonly work: string;
}

/** Where images and logs are. The latter's directory is made. */
export function criuDirectories(flags: CriuFlags): CriuDirectories {
  const images = resolve(flags["image-path"] || "checkpoint");
  const work = flags["work-path"] ? resolve(flags["work-path"]) : images;
  if (work !== images) makeDirectories(work, 0o700);
  return { images, work };
}
