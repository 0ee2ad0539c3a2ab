/**
 * All that docker can be told to do. What is behind a command is loaded when it is asked for.
 *
 * Commands have been in groups since Docker 1.13. The spelling from before, if there is one, is `top`: `docker container ls` is `docker ps`.
 */
import type { Leaf } from "./command.ts";

export interface CommandEntry {
  /** Undefined when it is in none: `docker version`. */
  readonly group: string | undefined;
  readonly name: string;
  /** Other names, in the group. */
  readonly aliases: readonly string[];
  /** Its name outside the group. */
  readonly top: string | undefined;
  readonly summary: string;
  load(): Promise<Leaf>;
}

interface GroupEntry {
  readonly name: string;
  readonly summary: string;
}

export const GROUPS: readonly GroupEntry[] = [
  { name: "container", summary: "Manage containers" },
  { name: "image", summary: "Manage images" },
  { name: "network", summary: "Manage networks" },
  { name: "system", summary: "Manage Docker" },
  { name: "volume", summary: "Manage volumes" },
];

/** In the order of the groups' help. */
export const COMMANDS: readonly CommandEntry[] = [
  both(
    "container attach",
    "Attach local standard input, output, and error streams to a running container",
    async () => (await import("./commands/container/attach.ts")).attach,
  ),
  both(
    "container commit",
    "Create a new image from a container's changes",
    async () => (await import("./commands/container/commit.ts")).commit,
  ),
  both(
    "container cp",
    "Copy files/folders between a container and the local filesystem",
    async () => (await import("./commands/container/cp.ts")).cp,
  ),
  both(
    "container create",
    "Create a new container",
    async () => (await import("./commands/container/create.ts")).create,
  ),
  both(
    "container diff",
    "Inspect changes to files or directories on a container's filesystem",
    async () => (await import("./commands/container/diff.ts")).diff,
  ),
  both(
    "container exec",
    "Run a command in a running container",
    async () => (await import("./commands/container/exec.ts")).exec,
  ),
  both(
    "container export",
    "Export a container's filesystem as a tar archive",
    async () => (await import("./commands/container/export.ts")).exportContainer,
  ),
  grouped(
    "container inspect",
    {},
    "Display detailed information on one or more containers",
    async () => (await import("./commands/container/inspect.ts")).inspect,
  ),
  both(
    "container kill",
    "Kill one or more running containers",
    async () => (await import("./commands/container/kill.ts")).kill,
  ),
  both(
    "container logs",
    "Fetch the logs of a container",
    async () => (await import("./commands/container/logs.ts")).logs,
  ),
  grouped(
    "container ls",
    { top: "ps", aliases: ["ps", "list"] },
    "List containers",
    async () => (await import("./commands/container/ls.ts")).ls,
  ),
  both(
    "container pause",
    "Pause all processes within one or more containers",
    async () => (await import("./commands/container/pause.ts")).pause,
  ),
  both(
    "container port",
    "List port mappings or a specific mapping for the container",
    async () => (await import("./commands/container/port.ts")).port,
  ),
  grouped(
    "container prune",
    {},
    "Remove all stopped containers",
    async () => (await import("./commands/container/prune.ts")).prune,
  ),
  both("container rename", "Rename a container", async () => (await import("./commands/container/rename.ts")).rename),
  both(
    "container restart",
    "Restart one or more containers",
    async () => (await import("./commands/container/restart.ts")).restart,
  ),
  grouped(
    "container rm",
    { top: "rm", aliases: ["remove"] },
    "Remove one or more containers",
    async () => (await import("./commands/container/rm.ts")).rm,
  ),
  both(
    "container run",
    "Run a command in a new container",
    async () => (await import("./commands/container/run.ts")).run,
  ),
  both(
    "container start",
    "Start one or more stopped containers",
    async () => (await import("./commands/container/start.ts")).start,
  ),
  both(
    "container stats",
    "Display a live stream of container(s) resource usage statistics",
    async () => (await import("./commands/container/stats.ts")).stats,
  ),
  both(
    "container stop",
    "Stop one or more running containers",
    async () => (await import("./commands/container/stop.ts")).stop,
  ),
  both(
    "container top",
    "Display the running processes of a container",
    async () => (await import("./commands/container/top.ts")).top,
  ),
  both(
    "container unpause",
    "Unpause all processes within one or more containers",
    async () => (await import("./commands/container/unpause.ts")).unpause,
  ),
  both(
    "container update",
    "Update configuration of one or more containers",
    async () => (await import("./commands/container/update.ts")).update,
  ),
  both(
    "container wait",
    "Block until one or more containers stop, then print their exit codes",
    async () => (await import("./commands/container/wait.ts")).wait,
  ),
  both(
    "image history",
    "Show the history of an image",
    async () => (await import("./commands/image/history.ts")).history,
  ),
  both(
    "image import",
    "Import the contents from a tarball to create a filesystem image",
    async () => (await import("./commands/image/import.ts")).importImage,
  ),
  grouped(
    "image inspect",
    {},
    "Display detailed information on one or more images",
    async () => (await import("./commands/image/inspect.ts")).inspect,
  ),
  both(
    "image load",
    "Load an image from a tar archive or STDIN",
    async () => (await import("./commands/image/load.ts")).load,
  ),
  grouped(
    "image ls",
    { top: "images", aliases: ["list"] },
    "List images",
    async () => (await import("./commands/image/ls.ts")).ls,
  ),
  grouped("image prune", {}, "Remove unused images", async () => (await import("./commands/image/prune.ts")).prune),
  both(
    "image pull",
    "Pull an image or a repository from a registry",
    async () => (await import("./commands/image/pull.ts")).pull,
  ),
  both(
    "image push",
    "Push an image or a repository to a registry",
    async () => (await import("./commands/image/push.ts")).push,
  ),
  grouped(
    "image rm",
    { top: "rmi", aliases: ["remove"] },
    "Remove one or more images",
    async () => (await import("./commands/image/rm.ts")).rm,
  ),
  both(
    "image save",
    "Save one or more images to a tar archive (streamed to STDOUT by default)",
    async () => (await import("./commands/image/save.ts")).save,
  ),
  both(
    "image tag",
    "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
    async () => (await import("./commands/image/tag.ts")).tag,
  ),
  grouped(
    "network connect",
    {},
    "Connect a container to a network",
    async () => (await import("./commands/network/connect.ts")).connect,
  ),
  grouped("network create", {}, "Create a network", async () => (await import("./commands/network/create.ts")).create),
  grouped(
    "network disconnect",
    {},
    "Disconnect a container from a network",
    async () => (await import("./commands/network/disconnect.ts")).disconnect,
  ),
  grouped(
    "network inspect",
    {},
    "Display detailed information on one or more networks",
    async () => (await import("./commands/network/inspect.ts")).inspect,
  ),
  grouped(
    "network ls",
    { aliases: ["list"] },
    "List networks",
    async () => (await import("./commands/network/ls.ts")).ls,
  ),
  grouped(
    "network prune",
    {},
    "Remove all unused networks",
    async () => (await import("./commands/network/prune.ts")).prune,
  ),
  grouped(
    "network rm",
    { aliases: ["remove"] },
    "Remove one or more networks",
    async () => (await import("./commands/network/rm.ts")).rm,
  ),
  grouped("system df", {}, "Show docker disk usage", async () => (await import("./commands/system/df.ts")).df),
  both(
    "system events",
    "Get real time events from the server",
    async () => (await import("./commands/system/events.ts")).events,
  ),
  both("system info", "Display system-wide information", async () => (await import("./commands/system/info.ts")).info),
  grouped("system prune", {}, "Remove unused data", async () => (await import("./commands/system/prune.ts")).prune),
  grouped("volume create", {}, "Create a volume", async () => (await import("./commands/volume/create.ts")).create),
  grouped(
    "volume inspect",
    {},
    "Display detailed information on one or more volumes",
    async () => (await import("./commands/volume/inspect.ts")).inspect,
  ),
  grouped("volume ls", { aliases: ["list"] }, "List volumes", async () => (await import("./commands/volume/ls.ts")).ls),
  grouped(
    "volume prune",
    {},
    "Remove all unused local volumes",
    async () => (await import("./commands/volume/prune.ts")).prune,
  ),
  grouped(
    "volume rm",
    { aliases: ["remove"] },
    "Remove one or more volumes",
    async () => (await import("./commands/volume/rm.ts")).rm,
  ),
  alone(
    "inspect",
    "Return low-level information on Docker objects",
    async () => (await import("./commands/system/inspect.ts")).inspect,
  ),
  alone("login", "Log in to a Docker registry", async () => (await import("./commands/system/login.ts")).login),
  alone("logout", "Log out from a Docker registry", async () => (await import("./commands/system/logout.ts")).logout),
  alone("search", "Search the Docker Hub for images", async () => (await import("./commands/image/search.ts")).search),
  alone(
    "version",
    "Show the Docker version information",
    async () => (await import("./commands/system/version.ts")).version,
  ),
];

/** A command of a group that has its name outside of it, too. */
function both(path: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  const [group, name = ""] = path.split(" ");
  return { group, name, aliases: [], top: name, summary, load };
}

/** A command of a group, with what else it is called there, and outside of it. */
function grouped(
  path: string,
  { top, aliases = [] }: { readonly top?: string; readonly aliases?: readonly string[] },
  summary: string,
  load: CommandEntry["load"],
): CommandEntry {
  const [group, name = ""] = path.split(" ");
  return { group, name, aliases, top, summary, load };
}

function alone(name: string, summary: string, load: CommandEntry["load"]): CommandEntry {
  return { group: undefined, name, aliases: [], top: name, summary, load };
}

export function findCommand(group: string | undefined, name: string): CommandEntry | undefined {
  if (group === undefined) return COMMANDS.find(({ top }) => top === name);
  return COMMANDS.find((entry) => entry.group === group && (entry.name === name || entry.aliases.includes(name)));
}

/** All ways to say it: `docker container ls`, `docker ps`. */
export function spellings({ group, name, aliases, top }: CommandEntry): string[] {
  const inGroup = group === undefined ? [] : [name, ...aliases].map((one) => `docker ${group} ${one}`);
  return [...inGroup, ...(top === undefined ? [] : [`docker ${top}`])];
}
