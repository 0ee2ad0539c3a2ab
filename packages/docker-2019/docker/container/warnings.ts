/** What a container may ask for, and will hardly be happy with. */
import type { HostConfig } from "../../engine-api/container-config.ts";

/** Loopback addresses, as the original knows them: also whatever ends with `::1`. */
const LOOPBACK = /127\.([0-9]{1,3}\.){2}[0-9]{1,3}|::1$/;

/** In the original's order. */
export function warningsOf({ OomKillDisable, Memory = 0, Dns }: HostConfig): string[] {
  const warnings: string[] = [];
  if (OomKillDisable && Memory === 0)
    warnings.push("Disabling the OOM killer on containers without setting a '-m/--memory' limit may be dangerous.");
  const loopback = Dns?.find((address) => LOOPBACK.test(address));
  if (loopback !== undefined) warnings.push(`Localhost DNS setting (--dns=${loopback}) may fail in containers.`);
  return warnings;
}
