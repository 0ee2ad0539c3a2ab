/**
 * What `mounts` and `hooks` of config.json must be.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md#mounts
 */
import { absolutePath, type Check, integer, list, object, string, where } from "../check.ts";
import { type Place, show } from "../findings.ts";
import type { Hook, Hooks, Mount } from "./config.ts";
import { idMappings } from "./validate-linux.ts";

const destination = where(string, (value, place) => {
  if (value === "") place.problem("empty");
  else if (!value.startsWith("/")) place.warn(`${show(value)} is not an absolute path, and is taken from /`);
});

const mount: Check<Mount> = object<Mount>(
  { destination },
  { type: string, source: string, options: list(string), uidMappings: idMappings, gidMappings: idMappings },
  idMappedWell,
);

/** What mount_setattr(2) can map here: bind mounts, and both kinds of ID. */
function idMappedWell({ type, options = [], uidMappings = [], gidMappings = [] }: Mount, place: Place): void {
  if (uidMappings.length === 0 && gidMappings.length === 0) return;
  const isBind = type === "bind" || options.includes("bind") || options.includes("rbind");
  if (!isBind) place.problem("only bind mounts can map IDs");
  if (uidMappings.length === 0) place.at("uidMappings").problem("missing, and there are gidMappings");
  if (gidMappings.length === 0) place.at("gidMappings").problem("missing, and there are uidMappings");
}

/** All of `mounts`. */
export const checkMounts = list(mount);

const hooks = list(
  object<Hook>({ path: absolutePath }, { args: list(string), env: list(string), timeout: integer(1) }),
);

/** All of `hooks`. */
export const checkHooks: Check<Hooks> = object<Hooks>(
  {},
  {
    prestart: hooks,
    createRuntime: hooks,
    createContainer: hooks,
    startContainer: hooks,
    poststart: hooks,
    poststop: hooks,
  },
);
