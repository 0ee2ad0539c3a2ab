/** Where a container's output goes: what the request says, and of the daemon's defaults what it doesn't. */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { LogConfig } from "../../engine-api/container-config.ts";

const MODES = new Set(["", "blocking", "non-blocking"]);
/** Of every driver: how lines get to it. */
const OF_ALL_DRIVERS = new Set(["mode", "max-buffer-size"]);
const OF_DRIVER: Readonly<Record<string, ReadonlySet<string>>> = {
  "json-file": new Set(["max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"]),
};
const NONE = "none";

/** @throws {InvalidArgument} When there is no such driver, or it has no such option. */
export function mergeLogConfig(own: LogConfig | undefined, standard: LogConfig): LogConfig {
  const Type = own?.Type || standard.Type;
  const inherited = Type === standard.Type ? standard.Config : {};
  const Config = { ...inherited, ...own?.Config };
  if (Type !== NONE) verifyOptions(Type, Config);
  return { Type, Config };
}

function verifyOptions(driver: string, options: Readonly<Record<string, string>>): void {
  const { mode = "" } = options;
  if (!MODES.has(mode)) throw new InvalidArgument(`logger: logging mode not supported: ${mode}`);
  if (options["max-buffer-size"] !== undefined) {
    if (mode !== "non-blocking")
      throw new InvalidArgument("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
    if (!/^\d+(\.\d+)?\s?[kmgtp]?i?b?$/i.test(options["max-buffer-size"]))
      throw new InvalidArgument(`error parsing option max-buffer-size: invalid size: '${options["max-buffer-size"]}'`);
  }
  const known = OF_DRIVER[driver];
  if (known === undefined)
    throw new InvalidArgument(`error looking up logging plugin ${driver}: plugin ${JSON.stringify(driver)} not found`);
  const unknown = Object.keys(options).find((option) => !OF_ALL_DRIVERS.has(option) && !known.has(option));
  if (unknown !== undefined) throw new InvalidArgument(`unknown log opt '${unknown}' for ${driver} log driver`);
}
