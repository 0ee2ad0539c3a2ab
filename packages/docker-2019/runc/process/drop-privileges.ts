/** From root to the user of the container, in an order of which each step needs what the next one takes away. */
import { setKeepCaps } from "@eras/linux/prctl.ts";
import { step } from "../../step.ts";
import { giveStdioTo } from "../init/descriptors.ts";
import { applyCapabilities, type ContainerCapabilities, limitBoundingSet } from "./capabilities.ts";
import { type ContainerUser, setUser } from "./user.ts";
import { enterWorkingDirectory, tryWorkingDirectory } from "./working-directory.ts";

/** What the program is to be. */
export interface Privileges {
  readonly user: ContainerUser;
  readonly capabilities: ContainerCapabilities;
  readonly cwd: string;
}

/** Becomes the container's user, in the program's directory. @throws {Error} In runc's words; the process must end then. */
export function dropPrivileges({ user, capabilities, cwd }: Privileges): void {
  step("runc.drop-privileges", { uid: user.uid, gid: user.gid });
  const entered = tryWorkingDirectory(cwd);
  limitBoundingSet(capabilities); // needs CAP_SETPCAP
  setKeepCaps(true); // or they would go with uid 0, those that the program is to have too
  becomeUser(user);
  if (!entered) enterWorkingDirectory(cwd);
  setKeepCaps(false);
  applyCapabilities(capabilities);
}

function becomeUser(user: ContainerUser): void {
  try {
    giveStdioTo(user.uid); // while we may
    setUser(user);
  } catch (error) {
    throw new Error(`unable to setup user: ${(error as Error).message}`, { cause: error });
  }
}
