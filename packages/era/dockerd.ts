/** The daemon as a program in the background. */
import type { BackgroundProgram } from "./background.ts";
import { program, type World } from "./world.ts";

export function dockerd(world: World): BackgroundProgram {
  const state = ["-g", world.rootDir];
  return {
    name: "dockerd",
    command: program("dockerd-2013"),
    args: [...state, "--exec-root", world.runDir, "--tcp", world.tcp, "--http", world.http],
    identity: state,
  };
}
