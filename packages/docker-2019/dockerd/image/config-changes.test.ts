import { InvalidArgument } from "@eras/oci-spec/errdefs.ts";
import { describe, expect, test } from "vitest";
import { changeConfig } from "./config-changes.ts";

describe("changeConfig()", () => {
  const base = { Env: ["PATH=/bin"], Cmd: ["sh"] };

  test.for<[string, object]>([
    ['CMD ["a", "b c"]', { Cmd: ["a", "b c"] }],
    ["CMD a  'b c'", { Cmd: ["/bin/sh", "-c", "a  'b c'"] }],
    ["entrypoint a", { Entrypoint: ["/bin/sh", "-c", "a"] }],
    ["ENTRYPOINT", { Entrypoint: null }],
    ['ENV A=b C="d e" F=\\ g', { Env: ["PATH=/bin", "A=b", "C=d e", "F= g"] }],
    ["ENV A b c", { Env: ["PATH=/bin", "A=b c"] }],
    ["ENV PATH=$PATH:/x", { Env: ["PATH=/bin:/x"] }],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a Dockerfile's
    ["ENV A='$PATH' B=\"${PATH}\" C=\\$PATH", { Env: ["PATH=/bin", "A=$PATH", "B=/bin", "C=$PATH"] }],
    ["EXPOSE 80 53/UDP", { ExposedPorts: { "80/tcp": {}, "53/udp": {} } }],
    ['LABEL a=b "c d"="e=f"', { Labels: { a: "b", "c d": "e=f" } }],
    ["ONBUILD RUN x", { OnBuild: ["RUN x"] }],
    ["USER 1:2", { User: "1:2" }],
    ["VOLUME /a /b", { Volumes: { "/a": {}, "/b": {} } }],
    ['VOLUME ["/a b"]', { Volumes: { "/a b": {} } }],
    ["WORKDIR /a\nWORKDIR b", { WorkingDir: "/a/b" }],
    ["HEALTHCHECK NONE", { Healthcheck: { Test: ["NONE"] } }],
    [
      "HEALTHCHECK --interval=5m --retries=3 CMD a b",
      { Healthcheck: { Test: ["CMD-SHELL", "a b"], Interval: 3e11, Retries: 3 } },
    ],
    ["# nothing\n\nUSER \\\n a", { User: "a" }],
  ])("%s", ([change, expected]) => expect(changeConfig(base, [change])).toEqual({ ...base, ...expected }));

  test.for([
    ["RUN x", "run is not a valid change command"],
    ["constructor x", "constructor is not a valid change command"],
    ["ENV", "ENV requires at least one argument"],
    ["ENV A", "ENV must have two arguments"],
    ["ENV A=b C", 'can\'t find = in "C"'],
    ["ENV =b", "ENV names can not be blank"],
    ["USER", "USER requires exactly one argument"],
    ["EXPOSE http", "Invalid containerPort: http"],
    ["HEALTHCHECK x", 'Unknown type "X" in HEALTHCHECK'],
    ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
    ["HEALTHCHECK --interval=x CMD a", "invalid duration"],
  ] as const)("refuses %s", ([change, message]) => {
    expect(() => changeConfig(base, [change])).toThrow(InvalidArgument);
    expect(() => changeConfig(base, [change])).toThrow(message);
  });
});
