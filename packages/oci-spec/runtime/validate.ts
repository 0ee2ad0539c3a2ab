/**
 * Checks a parsed config.json: that each field is what its type says, and that together they can be fulfilled, by the rules of the
 * specification and of runc. Fields that the specification doesn't know are left alone.
 *
 *     linux.namespaces[2].type: "foo" is not a namespace
 *     process.rlimits[0].soft: 2048 is more than the hard limit, 1024
 *
 * What is looked at is the document, not the machine: whether the root filesystem is there, a program can be found, or a kernel
 * knows a cgroup's file turns out when it is used. One exception has to be made, for sysctls in a network namespace that is joined.
 *
 * @see https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
 */
import { boolean, type Check, object, record, string, text, where } from "../check.ts";
import { type Place, show, type Valid, validate } from "../findings.ts";
import type { Process, Root, Spec } from "./config.ts";
import type { LinuxResources } from "./config-linux.ts";
import { checkLinux } from "./validate-linux.ts";
import { checkHooks, checkMounts } from "./validate-mounts.ts";
import { namespacesSuffice } from "./validate-namespaces.ts";
import { checkProcess } from "./validate-process.ts";
import { checkResources } from "./validate-resources.ts";

/** Semantic versioning 2.0, of which the first number matters: what comes later in 1.x is additions. */
const ociVersion = where(string, (value, place) => {
  const [, major] = /^(\d+)\.\d+\.\d+(?:[-+][\w.+-]+)?$/.exec(value) ?? [];
  if (major === undefined) place.problem(`${show(value)} is not a version`);
  else if (major !== "1") place.problem(`${show(value)} is not a version 1.x`);
});

/** HOST_NAME_MAX: sethostname(2). */
const HOST_NAME_MAX = 64;
const hostname = where(string, (value, place) => {
  if (Buffer.byteLength(value) > HOST_NAME_MAX) place.problem(`${show(value)} is longer than ${HOST_NAME_MAX} bytes`);
});

const root: Check<Root> = object<Root>(
  {
    path: where(string, (value, place) => {
      if (value === "") place.problem("empty");
    }),
  },
  { readonly: boolean },
);

const spec: Check<Spec> = object<Spec>(
  { ociVersion },
  {
    process: checkProcess,
    root,
    hostname,
    domainname: hostname,
    mounts: checkMounts,
    hooks: checkHooks,
    annotations: record(text),
    linux: checkLinux,
  },
  canStart,
);

/** The specification lets both be missing, on other systems or before `start`; runc insists. */
function canStart(value: Spec, place: Place): void {
  if (value.process === undefined) place.at("process").problem("missing");
  if (value.root === undefined) place.at("root").problem("missing");
  namespacesSuffice(value, place);
}

/**
 * Takes a parsed config.json for what it should be. Members that are null count as absent, and are taken out of it.
 *
 * @param value - As `parseJson` gives it, so that numbers beyond 2⁵³ are exact.
 * @throws {InvalidDocument} When it can't be used.
 */
export function validateSpec(value: unknown): Valid<Spec> {
  return validate(spec, value, "config.json");
}

/** The same for a process alone: what `runc exec --process` reads. @throws {InvalidDocument} */
export function validateProcess(value: unknown): Valid<Process> {
  return validate(checkProcess, value, "process", "process");
}

/** The same for limits alone: what `runc update --resources` reads. @throws {InvalidDocument} */
export function validateResources(value: unknown): Valid<LinuxResources> {
  return validate(checkResources, value, "resources", "resources");
}
