/**
 * The spec of a container: the default, then what the image says, then what the user says. Each change takes a spec and gives another;
 * the later ones know what the earlier have done.
 */
import type { ContainerDefaults } from "@eras/oci-spec/image/config.ts";
import type { Spec, User } from "@eras/oci-spec/runtime/config.ts";
import { step } from "../../step.ts";
import { defaultSpec, withUsualDevices } from "./default-spec.ts";
import type { ContainerFlags } from "./flags.ts";
import { addLimits } from "./spec-limits.ts";
import { addPrivileges } from "./spec-privileges.ts";
import { addProcess } from "./spec-process.ts";
import { addView } from "./spec-view.ts";

/** What a spec is made of, beside the flags. */
export interface SpecParts {
  readonly id: string;
  readonly namespace: string;
  /** Of the command line, after the container's name. */
  readonly args: readonly string[];
  /** What the image's config says of its containers; undefined without an image. */
  readonly image?: ContainerDefaults | undefined;
  /** Who the image's program runs as. */
  readonly user?: User;
  /** A directory of the host in the place of an image. */
  readonly rootfs?: string;
}

/** @throws {InvalidArgument} When a flag makes no sense. */
export function makeSpec(parts: SpecParts, flags: ContainerFlags): Spec {
  step("ctr.make-spec", { id: parts.id });
  let spec = withUsualDevices(defaultSpec(flags.cgroup ?? `/${parts.namespace}/${parts.id}`));
  if (parts.rootfs !== undefined) spec = { ...spec, root: { path: parts.rootfs } };
  spec = addProcess(spec, parts, flags);
  spec = addView(spec, flags);
  spec = addLimits(spec, flags);
  spec = addPrivileges(spec, flags); // last: privileged takes away what the others have put in its way
  return { ...spec, ...annotations(flags) };
}

function annotations({ label, annotation }: ContainerFlags): Pick<Spec, "annotations"> {
  const pairs = [...label, ...annotation].map((pair) => {
    const [key = "", ...value] = pair.split("=");
    return [key, value.join("=")];
  });
  return pairs.length > 0 ? { annotations: Object.fromEntries(pairs) } : {};
}
