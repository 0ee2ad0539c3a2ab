/** Whether what a container runs makes sense, as far as that can be said without its image. */
import { posix } from "node:path";
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { ContainerConfig, HealthConfig } from "../../engine-api/container-config.ts";
import { parseSignal } from "./signal.ts";

/** Nanoseconds: a millisecond. */
const MINIMUM_DURATION_NS = 1e6;

/** @throws {InvalidArgument} */
export function verifyConfig({ WorkingDir, StopSignal, Env, Healthcheck }: ContainerConfig): void {
  if (WorkingDir && !posix.isAbsolute(WorkingDir))
    throw new InvalidArgument(`the working directory '${WorkingDir}' is invalid, it needs to be an absolute path`);
  if (StopSignal) parseSignal(StopSignal);
  const nameless = (Env ?? []).find((variable) => variable.split("=", 1)[0] === "");
  if (nameless !== undefined) throw new InvalidArgument(`invalid environment variable: ${nameless}`);
  if (Healthcheck) verifyHealthcheck(Healthcheck);
}

function verifyHealthcheck({ Interval = 0, Timeout = 0, StartPeriod = 0, Retries = 0 }: HealthConfig): void {
  const verifyDuration = (name: string, duration: number) => {
    if (duration !== 0 && duration < MINIMUM_DURATION_NS)
      throw new InvalidArgument(`${name} in Healthcheck cannot be less than 1ms`);
  };
  verifyDuration("Interval", Interval);
  verifyDuration("Timeout", Timeout);
  if (Retries < 0) throw new InvalidArgument("Retries in Healthcheck cannot be negative");
  verifyDuration("StartPeriod", StartPeriod);
}
