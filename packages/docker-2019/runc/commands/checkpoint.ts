/** `runc checkpoint`: saves a container's processes to files, from which "runc restore" makes them again. */
import { constants, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { defineCommand, type Flags, type FlagValues } from "../command.ts";
import { Container } from "../container/container.ts";
import { checkCanBeSaved, checkpointContainer } from "../criu/checkpoint-container.ts";
import { CRIU_FLAGS, criuDirectories, flagOptions } from "../criu/criu-flags.ts";
import type { CriuOptions } from "../criu/criu-messages.ts";
import { callErrorText } from "../error-text.ts";

const FLAGS = {
  ...CRIU_FLAGS,
  "parent-path": { type: "string", description: "path for previous criu image files in pre-dump, below the images'" },
  "leave-running": { type: "boolean", description: "leave the process running after checkpointing" },
  "status-fd": { type: "number", default: -1, description: "is sent \\0 and closed once lazy-pages is ready" },
  "page-server": { type: "string", description: "ADDRESS:PORT of the page server" },
  "pre-dump": {
    type: "boolean",
    description: "dump container's memory information only, leave the container running after this",
  },
} as const satisfies Flags;

export const command = defineCommand({
  usage: "[command options] <container-id>",
  summary: "checkpoint a running container",
  description: `The program criu does it. Debian has it as a package; https://criu.org tells more.`,
  flags: FLAGS,
  minArgs: 1,
  maxArgs: 1,
  async run({ globals, flags, args: [id] }) {
    const container = Container.load(globals.root, id!);
    checkCanBeSaved(container);
    const preDump = flags["pre-dump"] ?? false;
    const directories = criuDirectories(flags);
    const parent = parentImages(directories.images, flags["parent-path"]);
    const options = {
      ...flagOptions(flags),
      parent_img: parent,
      track_mem: parent === undefined ? undefined : true,
      leave_running: flags["leave-running"],
      ps: pageServer(flags["page-server"]),
    };
    const readyFd = flags["lazy-pages"] ? statusFd(flags["status-fd"]!) : undefined;
    await checkpointContainer(container, { criu: globals.criu, directories, preDump, options, readyFd });
    return 0;
  },
});

/** criu makes a link to it, which is to hold wherever the images are taken. */
function parentImages(images: string, path: string | undefined): string | undefined {
  if (!path) return undefined;
  if (isAbsolute(path)) throw new InvalidArgument("--parent-path must be relative");
  const directory = join(images, path);
  try {
    if (statSync(directory).isDirectory()) return path;
  } catch (error) {
    throw new InvalidArgument(
      `invalid --parent-path: ${callErrorText("stat", directory, error as NodeJS.ErrnoException)}`,
    );
  }
  throw new InvalidArgument(`invalid --parent-path: ${directory} is not a directory`);
}

const LARGEST_PORT = 65_535;

function pageServer(text: FlagValues<typeof FLAGS>["page-server"]): CriuOptions["ps"] {
  if (!text) return undefined;
  const [, address, digits] = /^\[?([^[\]]+)\]?:(\w+)$/.exec(text) ?? [];
  if (!address || !digits) throw new InvalidArgument("Use --page-server ADDRESS:PORT to specify page server");
  const port = Number(digits);
  if (!(port > 0 && port <= LARGEST_PORT)) throw new InvalidArgument("Invalid port number");
  return { address, port };
}

/** Of the access modes of open(2). */
const O_ACCMODE = 3;

/** @returns undefined for none. @throws {InvalidArgument} When nothing can be written there. */
function statusFd(fd: number): number | undefined {
  if (fd === -1) return undefined;
  const [, flags] = /^flags:\s+([0-7]+)$/m.exec(descriptorInfo(fd)) ?? [];
  if ((Number.parseInt(flags!, 8) & O_ACCMODE) !== constants.O_RDONLY) return fd;
  throw new InvalidArgument(`invalid --status-fd argument ${fd}: not writable`);
}

function descriptorInfo(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch (error) {
    throw new InvalidArgument(`invalid --status-fd argument ${fd}: bad file descriptor`, { cause: error });
  }
}
