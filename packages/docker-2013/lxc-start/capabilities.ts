/** How the container's root becomes a lesser root: what `lxc.cap.drop` names (or `lxc.cap.keep` doesn't), no program in it can ever have. */
import {
  boundingHas,
  capabilityNumber,
  clearAmbient,
  dropBoundingCapability,
  getCapabilities,
  setCapabilities,
} from "@eras/linux/capabilities.ts";
import { step } from "../step.ts";
import type { ContainerConfig } from "./config.ts";

/** Sets are 64 bits wide; the kernel knows about forty. */
const MAX_CAPABILITIES = 64;

/**
 * Drops capabilities from the bounding set, which is what execve gives to root. We ourselves keep them until then.
 *
 * The inheritable set would get around it, so it is emptied too.
 */
export function dropCapabilities({ capDrop, capKeep }: ContainerConfig): void {
  step("init.drop-capabilities", { drop: capDrop, keep: capKeep });
  const dropped = capKeep ? allBut(capKeep) : capDrop.map(capabilityNumber);
  for (const capability of dropped) dropBoundingCapability(capability);
  clearAmbient();
  setCapabilities({ ...getCapabilities(), inheritable: 0n });
}

function allBut(names: readonly string[]): number[] {
  const kept = new Set(names.map(capabilityNumber));
  return Array.from({ length: MAX_CAPABILITIES }, (_, capability) => capability).filter(
    (n) => !kept.has(n) && boundingHas(n),
  );
}
