/** Environment variables of the container's program: in January 2013 those of lxc-start's caller, which is dockerd. */
import type { ContainerConfig } from "./config.ts";

/** Where programs are looked for if the caller doesn't say. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Variables that are about how our own programs are started. */
const OURS = /^(NODE_COMPILE_CACHE$|ERAS_|npm_)/;

/** The caller's variables, `container=lxc` by which programs can tell where they are, and those of `lxc.environment`. */
export function containerEnvironment(
  caller: NodeJS.ProcessEnv,
  { environment }: ContainerConfig,
): Record<string, string> {
  const inherited = Object.entries(caller).filter(([name, value]) => !OURS.test(name) && value !== undefined);
  const configured = environment.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]);
  return Object.fromEntries([["PATH", DEFAULT_PATH], ...inherited, ["container", "lxc"], ...configured]);
}
