/**
 * Image configs: what a container of the image runs, and of which layers its files come. The config's digest is the image's ID.
 *
 * Members of Docker's own (`container_config`, `docker_version` …) are kept. Docker writes many that are null, which count as absent
 * here: so the digest is to be had from the bytes alone, never by writing a config again.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.0.1/config.md
 */
import { boolean, type Check, integer, list, object, oneOf, record, string, text, where } from "../check.ts";
import type { Digest } from "../digest.ts";
import { type Valid, validate } from "../findings.ts";
import { checkDigest } from "./descriptor.ts";
import { parseDocument } from "./parse-document.ts";

/** All of an image config. */
export interface ImageConfig {
  /** RFC 3339. */
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly "os.version"?: string;
  readonly "os.features"?: readonly string[];
  readonly variant?: string;
  readonly config?: ContainerDefaults;
  readonly rootfs: RootFs;
  readonly history?: readonly History[];
}

/** What a container gets if nobody says otherwise. */
export interface ContainerDefaults {
  /** `user`, `uid`, `user:group` … */
  readonly User?: string;
  /** `80/tcp` → {} */
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  /** The program, or with an Entrypoint its arguments. */
  readonly Cmd?: readonly string[];
  /** `/data` → {} */
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  /** `SIGTERM` or a number. */
  readonly StopSignal?: string;
  readonly ArgsEscaped?: boolean;
  /** Docker's, as the next three. */
  readonly Healthcheck?: Healthcheck;
  /** What RUN and CMD without brackets go through. */
  readonly Shell?: readonly string[];
  /** Instructions for builds upon this image. */
  readonly OnBuild?: readonly string[];
  /** Seconds. */
  readonly StopTimeout?: number;
}

/** How Docker asks a container whether it is well. Times in nanoseconds, 0 for the default. */
export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …]`, or `["CMD-SHELL", command]`. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The layers. */
export interface RootFs {
  readonly type: "layers";
  /** Digests of the uncompressed tars, bottom layer first. */
  readonly diff_ids: readonly Digest[];
}

/** How the image came about, a step each. */
export interface History {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** The step made no layer. */
  readonly empty_layer?: boolean;
}

const names: Check<Readonly<Record<string, object>>> = record(object({}, {}));
const strings = list(string);
const time = integer(0);

const healthcheck: Check<Healthcheck> = object<Healthcheck>(
  {},
  { Test: strings, Interval: time, Timeout: time, StartPeriod: time, StartInterval: time, Retries: integer(0) },
);

const containerDefaults: Check<ContainerDefaults> = object<ContainerDefaults>(
  {},
  {
    User: string,
    ExposedPorts: names,
    Env: strings,
    Entrypoint: strings,
    Cmd: strings,
    Volumes: names,
    WorkingDir: string,
    Labels: record(text),
    StopSignal: string,
    ArgsEscaped: boolean,
    Healthcheck: healthcheck,
    Shell: strings,
    OnBuild: strings,
    StopTimeout: integer(),
  },
);

const history: Check<History> = object<History>(
  {},
  { created: string, created_by: text, author: text, comment: text, empty_layer: boolean },
);

const nonEmpty = where(string, (value, place) => {
  if (value === "") place.problem("empty");
});

const checkConfig: Check<ImageConfig> = object<ImageConfig>(
  {
    architecture: nonEmpty,
    os: nonEmpty,
    rootfs: object<RootFs>({ type: oneOf(["layers"], "a kind of root filesystem"), diff_ids: list(checkDigest) }, {}),
  },
  {
    created: string,
    author: text,
    "os.version": string,
    "os.features": strings,
    variant: string,
    config: containerDefaults,
    history: list(history),
  },
  ({ rootfs, history: steps }, place) => {
    const layers = steps?.filter(({ empty_layer }) => !empty_layer).length;
    if (layers !== undefined && layers > 0 && layers !== rootfs.diff_ids.length)
      place.at("history").warn(`tells of ${layers} layers, and there are ${rootfs.diff_ids.length}`);
  },
);

/**
 * Reads an image config.
 *
 * @throws {InvalidArgument} When it isn't JSON; {InvalidDocument} when it isn't an image config.
 */
export function parseImageConfig(json: string | Uint8Array): ImageConfig {
  return validateImageConfig(parseDocument(json, "image config")).value;
}

/** Takes parsed JSON for an image config. @throws {InvalidDocument} */
export function validateImageConfig(value: unknown): Valid<ImageConfig> {
  return validate(checkConfig, value, "image config");
}
