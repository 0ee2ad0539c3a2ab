/** What can be measured of a container, whatever the version of its cgroups. */

/** A value, with the labels that tell it from others of its name. */
export interface Sample {
  readonly value: bigint;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One thing that is measured, of cgroups of one version. */
export interface Measure<Metrics> {
  /** Behind `container_`, with the unit. */
  readonly name: string;
  readonly help: string;
  /** Nothing, where the container is in no such controller. */
  read(metrics: Metrics): bigint | readonly Sample[] | undefined;
}

/** Which disk a value is of. */
export function diskLabels(major: bigint, minor: bigint): Record<string, string> {
  return { major: String(major), minor: String(minor) };
}
