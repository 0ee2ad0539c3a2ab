/** The archive server as a program in the background: its code is archive-server.ts. */
import { join } from "node:path";
import type { BackgroundProgram } from "./background.ts";
import { CLONE, type World } from "./world.ts";

export function archiveServer(world: World): BackgroundProgram {
  const identity = [join(import.meta.dirname, "main.ts"), "archive", "--address", world.archive];
  return { name: "archive", command: join(CLONE, "node_modules/.bin/node"), args: identity, identity };
}
