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
  readonly read: (metrics: Metrics) => bigint | readonly Sample[] | undefined;
}

/** Which disk a value is of. */
export function diskLabels(major: bigint, minor: bigint): Record<string, string> {
  return { major: String(major), minor: String(minor) };
}

/** The measures of some numbers of memory.stat. All are told as bytes, and some are counts. @param fields - By the kernel's names. */
export function memoryStatMeasures<Memory>(
  fields: Readonly<Record<string, keyof Memory>>,
): Measure<{ readonly memory?: Memory | undefined }>[] {
  return Object.entries(fields).map(([name, field]) => ({
    name: `memory_${name}_bytes`,
    help: `${name} of memory.stat`,
    read: ({ memory }) => memory?.[field] as bigint | undefined,
  }));
}

export const PIDS_MEASURES: readonly Measure<{
  readonly pids?: { readonly current: bigint; readonly limit: bigint } | undefined;
}>[] = [
  { name: "pids_current", help: "Processes and threads", read: ({ pids }) => pids?.current },
  {
    name: "pids_limit",
    help: "Processes and threads that it may have; 0 for any number",
    read: ({ pids }) => pids?.limit,
  },
];
