import { describe, expect, test } from "vitest";
import { GENUINE, message, missing, OURS, runtime } from "../testsuite/on-bundle.ts";

describe.skipIf(missing)(`runc features${missing ? ` (needs ${missing})` : ""}`, () => {
  const featuresOf = (program: string) => JSON.parse(runtime(program).call("features").stdout);

  test("has all that the genuine one has", () => {
    const ours = featuresOf(OURS);
    const theirs = featuresOf(GENUINE);
    expect(ours.hooks).toEqual(theirs.hooks);
    expect(ours.mountOptions).toEqual(expect.arrayContaining(theirs.mountOptions));
    expect(ours.mountOptions).toEqual(ours.mountOptions.toSorted());
    expect(ours.linux.namespaces).toEqual(expect.arrayContaining(theirs.linux.namespaces));
    expect(ours.linux.capabilities).toEqual(theirs.linux.capabilities);
    expect(ours.linux.cgroup).toMatchObject(theirs.linux.cgroup);
    expect(ours.linux.seccomp.actions).toEqual(theirs.linux.seccomp.actions);
    expect(ours.linux.seccomp.operators).toEqual(theirs.linux.seccomp.operators);
    expect(ours.linux.seccomp.archs).toEqual(expect.arrayContaining(theirs.linux.seccomp.archs));
  });

  test("tells which flags of seccomp(2) this kernel takes", () => {
    const { knownFlags, supportedFlags } = featuresOf(OURS).linux.seccomp;
    expect(knownFlags).toEqual(expect.arrayContaining(supportedFlags));
    expect(supportedFlags).toEqual(expect.arrayContaining(["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"]));
  });

  test("says by its annotations what it is", () => {
    const { annotations, ociVersionMin, ociVersionMax } = featuresOf(OURS);
    const [, version] = /^runc version (\S+)/.exec(runtime(OURS).call("--version").stdout) ?? [];
    expect(annotations["org.opencontainers.runc.version"]).toBe(version);
    expect([ociVersionMin, ociVersionMax]).toEqual(["1.0.0", "1.2.0"]);
  });

  test("takes no arguments", () => {
    const [ours, theirs] = [OURS, GENUINE].map((program) => runtime(program).call("features", "x"));
    expect([ours!.status, message(ours!)]).toEqual([1, message(theirs!)]);
  });
});
