/** Which graph driver a data root has. */
import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { FailedPrecondition, InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { openAufs } from "./aufs.ts";
import { openBtrfs } from "./btrfs.ts";
import type { GraphDriver } from "./driver.ts";
import { openOverlay2 } from "./overlay2.ts";
import { openVfs } from "./vfs.ts";

/**
 * The best first: in Docker's order, whose zfs, fuse-overlayfs, overlay and devicemapper are not here.
 *
 * @see https://github.com/moby/moby/blob/v19.03.0/daemon/graphdriver/driver_linux.go
 */
const DRIVERS: Readonly<Record<string, (home: string) => GraphDriver>> = {
  btrfs: openBtrfs,
  overlay2: openOverlay2,
  aufs: openAufs,
  vfs: openVfs,
};

/** What a driver may be told, which changes nothing: every kernel that is new enough for the rest can do overlay2. */
const STORAGE_OPTIONS = ["overlay2.override_kernel_check"];

/**
 * Opens the driver of a data root: the named one; else the one that has been used there; else the first that works there.
 *
 * @param storageOptions - `overlay2.override_kernel_check=true`
 * @throws {InvalidArgument} When there is no driver of that name, or it can't be told such a thing.
 * @throws {FailedPrecondition} When it doesn't work there, or more than one has been used.
 */
export function openGraphDriver(dataRoot: string, name?: string, storageOptions: readonly string[] = []): GraphDriver {
  const driver = chooseDriver(dataRoot, name);
  for (const option of storageOptions) verifyOption(driver.name, option);
  return driver;
}

function verifyOption(driver: string, option: string): void {
  const [key = "", value] = option.split("=", 2);
  if (value === undefined)
    throw new InvalidArgument(`error initializing graphdriver: Unable to parse key/value option: ${option}`);
  const isKnown = key.startsWith(`${driver}.`) && STORAGE_OPTIONS.includes(key.toLowerCase());
  if (!isKnown) throw new InvalidArgument(`error initializing graphdriver: ${driver}: unknown option ${key}`);
}

function chooseDriver(dataRoot: string, name?: string): GraphDriver {
  if (name !== undefined && name !== "") return openByName(dataRoot, name);
  const used = Object.keys(DRIVERS).filter((driver) => isUsed(join(dataRoot, driver)));
  if (used.length > 1) {
    throw new FailedPrecondition(
      `${dataRoot} contains several valid graphdrivers: ${used.join(", ")}; Please cleanup or explicitly choose storage driver (-s <DRIVER>)`,
    );
  }
  const [only] = used;
  return only === undefined ? openFirst(dataRoot) : openByName(dataRoot, only);
}

function openByName(dataRoot: string, name: string): GraphDriver {
  const open = Object.hasOwn(DRIVERS, name) ? DRIVERS[name] : undefined;
  if (open === undefined) {
    const known = Object.keys(DRIVERS).join(", ");
    throw new InvalidArgument(
      `error initializing graphdriver: driver not supported: there is no "${name}"; there are ${known}`,
    );
  }
  const home = join(dataRoot, name);
  try {
    return open(home);
  } catch (error) {
    if (!(error instanceof FailedPrecondition)) throw error;
    removeIfEmpty(home);
    throw new FailedPrecondition(`error initializing graphdriver: ${error.message}`, { cause: error });
  }
}

/** vfs is Docker's last: it works everywhere. */
function openFirst(dataRoot: string): GraphDriver {
  for (const name of Object.keys(DRIVERS)) {
    try {
      return openByName(dataRoot, name);
    } catch (error) {
      if (!(error instanceof FailedPrecondition)) throw error;
    }
  }
  throw new FailedPrecondition("error initializing graphdriver: No supported graphdriver found");
}

function removeIfEmpty(home: string): void {
  if (existsSync(home) && readdirSync(home).length === 0) rmdirSync(home);
}

/** A driver's directory alone is no use: each makes its own when it is tried. */
function isUsed(home: string): boolean {
  const trees = [home, join(home, "subvolumes"), join(home, "diff"), join(home, "dir")].filter((directory) =>
    existsSync(directory),
  );
  return trees.some((directory) => readdirSync(directory).some((name) => /^[0-9a-f]{64}(?:-init)?$/.test(name)));
}
