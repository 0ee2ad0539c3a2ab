import { describe, expect, test } from "vitest";
import { inFork } from "../testsuite/in-fork.ts";
import { parseCapabilities, unknownCapabilitiesWarning } from "./capabilities.ts";

describe("parseCapabilities()", () => {
  test("turns names into bits", () => {
    const { sets, unknown } = parseCapabilities({ bounding: ["CAP_CHOWN", "CAP_KILL"], ambient: ["CAP_KILL"] });
    expect(sets).toMatchObject({ bounding: 0b10_0001n, ambient: 0b10_0000n, permitted: 0n });
    expect(unknown).toEqual([]);
  });

  test("leaves out what no kernel knows, and tells of it once", () => {
    const { sets, unknown } = parseCapabilities({ bounding: ["CAP_FOO", "kill", "CAP_KILL"], effective: ["CAP_FOO"] });
    expect(sets.bounding).toBe(0b10_0000n);
    expect(unknownCapabilitiesWarning(unknown)).toBe("ignoring unknown or unavailable capabilities: [CAP_FOO kill]");
  });

  test("gives none to who has none", () => {
    expect(parseCapabilities(undefined).sets).toMatchObject({ bounding: 0n, effective: 0n, permitted: 0n });
  });
});

const IMPORTS = `import { readFileSync } from "node:fs";
  import { applyCapabilities, limitBoundingSet, parseCapabilities } from "./process/capabilities.ts";`;
const REPORT =
  'report(readFileSync("/proc/self/status", "utf8").match(/^Cap.*$/gm).map((line) => line.replace(/\\t0*/, " ")));';

/** The sets of a process that has applied these. */
function applied(capabilities: object): unknown {
  const [sets] = inFork(
    IMPORTS,
    `const { sets } = parseCapabilities(${JSON.stringify(capabilities)});
     limitBoundingSet(sets);
     applyCapabilities(sets);
     ${REPORT}`,
  );
  return sets;
}

describe("applyCapabilities()", () => {
  test("gives each set what it is to have", () => {
    expect(
      applied({
        bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"],
        permitted: ["CAP_CHOWN", "CAP_KILL"],
        effective: ["CAP_CHOWN"],
        inheritable: ["CAP_KILL"],
        ambient: ["CAP_KILL"],
      }),
    ).toEqual(["CapInh: 20", "CapPrm: 21", "CapEff: 1", "CapBnd: a1", "CapAmb: 20"]);
  });

  test("passes over an ambient capability that isn't permitted and inheritable", () => {
    expect(applied({ permitted: ["CAP_KILL"], ambient: ["CAP_KILL", "CAP_CHOWN"] })).toEqual([
      "CapInh: ",
      "CapPrm: 20",
      "CapEff: ",
      "CapBnd: ",
      "CapAmb: ",
    ]);
  });

  test("fails when a set would grow", () => {
    const outcome = inFork(
      IMPORTS,
      `applyCapabilities(parseCapabilities({}).sets);
       applyCapabilities(parseCapabilities({ permitted: ["CAP_KILL"] }).sets);`,
    );
    expect(outcome).toEqual([{ error: "unable to apply caps: operation not permitted" }]);
  });
});
