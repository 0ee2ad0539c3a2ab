/**
 * All that docker can be told to do. What is behind a command is loaded when it is asked for.
 *
 * Commands have been in groups since Docker 1.13. The spelling from before, if there is one, is `top`: `docker container ls` is `docker ps`.
 */
import { alone, both, type CommandEntry, grouped, hidden } from "./command-entry.ts";
import { CONTAINER_COMMANDS } from "./commands/container.ts";

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
  ...CONTAINER_COMMANDS,
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
    { top: "rmi", aliases: ["rmi", "remove"] },
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
  hidden(
    "system dial-stdio",
    "Proxy the stdio stream to the daemon connection. Should not be invoked manually.",
    async () => (await import("./commands/system/dial-stdio.ts")).dialStdio,
  ),
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

export function findCommand(group: string | undefined, name: string): CommandEntry | undefined {
  if (group === undefined) return COMMANDS.find(({ top }) => top === name);
  return COMMANDS.find((entry) => entry.group === group && (entry.name === name || entry.aliases.includes(name)));
}
