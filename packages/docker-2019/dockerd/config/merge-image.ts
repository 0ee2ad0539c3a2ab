/**
 * What a container gets from its image: whatever the request doesn't say.
 *
 * The command is the exception: a request with an entrypoint has none of the image's, since its arguments would be for another program.
 */
import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import type { ContainerConfig, HealthConfig, ImageRunConfig } from "../../engine-api/container-config.ts";

/** @throws {InvalidArgument} When neither says what to run. */
export function mergeImage(config: ContainerConfig, image: ImageRunConfig = {}): ContainerConfig {
  const merged = withEntrypoint({
    ...config,
    ...programOf(config, image),
    User: config.User || image.User || "",
    ExposedPorts: { ...image.ExposedPorts, ...config.ExposedPorts },
    Env: nullIfEmpty([...(config.Env ?? []), ...missingEnv(config, image)]),
    Labels: { ...image.Labels, ...config.Labels },
    WorkingDir: config.WorkingDir || image.WorkingDir || "",
    Volumes: nullIfEmpty({ ...config.Volumes, ...image.Volumes }),
    StopSignal: config.StopSignal || image.StopSignal || "",
    ...mergeHealthcheck(config.Healthcheck, image.Healthcheck),
  });
  if (!merged.Entrypoint?.length && !merged.Cmd?.length) throw new InvalidArgument("No command specified");
  return merged;
}

/** As Go writes what nobody has said. */
function nullIfEmpty<T extends object>(members: T): T | null {
  return Object.keys(members).length > 0 ? members : null;
}

function programOf(config: ContainerConfig, image: ImageRunConfig): Pick<ContainerConfig, "Cmd" | "Entrypoint"> {
  const { Entrypoint = null, Cmd = null } = config;
  if (Entrypoint?.length) return { Entrypoint, Cmd };
  return {
    Entrypoint: Entrypoint ?? image.Entrypoint ?? null, // an empty list is a wish: none
    Cmd: Cmd?.length ? Cmd : (image.Cmd ?? null),
  };
}

/** `--entrypoint ""` comes as a list of one empty word. */
function withEntrypoint(config: ContainerConfig): ContainerConfig {
  const { Entrypoint } = config;
  return Entrypoint?.length === 1 && Entrypoint[0] === "" ? { ...config, Entrypoint: null } : config;
}

/** The image's variables come after the request's. */
function missingEnv({ Env }: ContainerConfig, image: ImageRunConfig): readonly string[] {
  const nameOf = (variable: string) => variable.split("=", 1)[0];
  const names = new Set((Env ?? []).map(nameOf));
  return (image.Env ?? []).filter((variable) => !names.has(nameOf(variable)));
}

function mergeHealthcheck(
  own: HealthConfig | null | undefined,
  ofImage: HealthConfig | null | undefined,
): Pick<ContainerConfig, "Healthcheck"> {
  if (!own || !ofImage) return own || ofImage ? { Healthcheck: own || ofImage! } : {};
  return {
    Healthcheck: {
      Test: own.Test?.length ? own.Test : (ofImage.Test ?? null),
      Interval: own.Interval || ofImage.Interval || 0,
      Timeout: own.Timeout || ofImage.Timeout || 0,
      StartPeriod: own.StartPeriod || ofImage.StartPeriod || 0,
      Retries: own.Retries || ofImage.Retries || 0,
    },
  };
}
