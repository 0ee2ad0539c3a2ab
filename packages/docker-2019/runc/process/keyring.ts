/**
 * The session keyring of a container: without one of its own, it would find the keys of whoever started it.
 *
 * @see https://man7.org/linux/man-pages/man7/session-keyring.7.html
 */
import { isErrno } from "@eras/linux/errno.ts";
import {
  describeKey,
  joinSessionKeyring,
  KEY_OTH_SEARCH,
  KEY_USR_SEARCH,
  setKeyPermissions,
} from "@eras/linux/keyctl.ts";
import { step } from "../../step.ts";
import { errorText } from "../error-text.ts";

/**
 * Makes the keyring of a new container, and lets `exec` find it. Call before the root changes.
 *
 * @param inUserNamespace - Whoever enters the container by `exec` is another user to the kernel then.
 */
export function createSessionKeyring(id: string, { inUserNamespace }: { inUserNamespace: boolean }): void {
  step("runc.join-keyring", { id });
  const keyring = join(id);
  if (keyring === undefined) return;
  try {
    const { permissions } = describeKey(keyring);
    setKeyPermissions(keyring, (permissions | (inUserNamespace ? KEY_OTH_SEARCH : KEY_USR_SEARCH)) >>> 0);
  } catch (error) {
    throw new Error(`unable to mod keyring permissions: ${errorText(error as NodeJS.ErrnoException)}`, {
      cause: error,
    });
  }
}

/** Joins the keyring of a container that runs. */
export function joinContainerKeyring(id: string): void {
  join(id);
}

/** @returns Nothing where the kernel, or the filter of a container around us, has no keyrings. */
function join(id: string): number | undefined {
  try {
    return joinSessionKeyring(`_ses.${id}`);
  } catch (error) {
    if (isErrno(error, "ENOSYS")) return undefined;
    throw new Error(`unable to join session keyring: ${errorText(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}
