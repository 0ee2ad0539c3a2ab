/**
 * What `docker exec` runs: the container's process with other words. What holds the container holds it too: capabilities, limits,
 * no-new-privileges; `--privileged` gives it all capabilities, within the bounds of the runtime's own.
 */
import type { Process } from "@eras/oci-spec/runtime/config.ts";
import type { ExecCreateRequest } from "../../engine-api/exec.ts";
import { unclassified } from "../config/unclassified.ts";
import { ALL_CAPABILITIES, addCapabilities } from "./capabilities.ts";
import { defaultSpec } from "./default-spec.ts";
import { environment, overrideEnv } from "./environment.ts";
import { addProcess } from "./process.ts";
import { addSecurityOptions } from "./security-opt.ts";
import type { SpecParts } from "./spec.ts";
import { addUser, findUser } from "./user.ts";

/** What a process of the container needs, of the parts of its spec. */
export type ExecParts = Pick<SpecParts, "id" | "rootfs" | "config" | "hostConfig" | "linkEnv" | "daemon">;

/** @throws {Unknown} When there is no such user in the container. */
export function execProcess(parts: ExecParts, exec: Partial<ExecCreateRequest>): Process {
  const { config, hostConfig, rootfs, linkEnv = [] } = parts;
  const { terminal: _, ...inherited } = containerProcess(parts);
  const env = environment({ ...config, Tty: exec.Tty ?? false }, linkEnv);
  return {
    ...inherited,
    ...(exec.Tty && { terminal: true }),
    args: exec.Cmd ?? [],
    env: overrideEnv(env, exec.Env ?? []),
    cwd: exec.WorkingDir || config.WorkingDir || "/",
    ...(exec.User && { user: unclassified(() => findUser(exec.User!, rootfs, hostConfig.GroupAdd ?? [])) }),
    ...(exec.Privileged && { capabilities: ALL_CAPABILITIES }),
  };
}

/** What the container itself runs, without what surrounds it. */
function containerProcess(parts: ExecParts): Process {
  const { hostConfig, rootfs } = parts;
  const whole = { ...parts, hostConfig: { ...hostConfig, Init: false }, files: {}, mountPoints: [] };
  let spec = addProcess(defaultSpec(rootfs, hostConfig), whole);
  spec = addUser(spec, whole);
  spec = addCapabilities(spec, whole);
  return addSecurityOptions(spec, whole).process!;
}
