/** What a container runs: the program, its user, its environment. */
import { hostname } from "node:os";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { Spec } from "@eras/oci-spec/runtime/config.ts";
import { overrideEnv, readEnvFile } from "./environment.ts";
import type { ContainerFlags } from "./flags.ts";
import type { SpecParts } from "./spec.ts";

const DEFAULT_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const TERMINAL_TYPE = "TERM=xterm";

/** @throws {InvalidArgument} When neither the image nor the user says what to run. */
export function addProcess(spec: Spec, parts: SpecParts, flags: ContainerFlags): Spec {
  const { image = {}, user } = parts;
  const { noNewPrivileges, ...process } = spec.process!;
  return {
    ...spec,
    process: {
      ...(flags.tty && { terminal: true }),
      ...process,
      ...(user && { user }),
      args: programOf(parts),
      env: environment(image.Env ?? [DEFAULT_PATH], flags),
      cwd: flags.cwd ?? (image.WorkingDir || "/"),
      ...(noNewPrivileges && !flags.allowNewPrivs && { noNewPrivileges }),
      ...(flags.apparmorProfile && { apparmorProfile: flags.apparmorProfile }),
    },
  };
}

/** The image's entrypoint stands before what the user says, or before the image's command. */
function programOf({ image = {}, args, id }: SpecParts): readonly string[] {
  const program = [...(image.Entrypoint ?? []), ...(args.length > 0 ? args : (image.Cmd ?? []))];
  if (program.length === 0) throw new InvalidArgument(`Cannot run ${id}: no command is given, and the image has none`);
  return program;
}

function environment(ofImage: readonly string[], { tty, envFile, env, netHost }: ContainerFlags): string[] {
  const ofUser = [...envFile.flatMap(readEnvFile), ...env];
  const ofHost = netHost ? [`HOSTNAME=${hostname()}`] : [];
  return overrideEnv(tty ? [...ofImage, TERMINAL_TYPE] : ofImage, [...ofUser, ...ofHost]);
}
