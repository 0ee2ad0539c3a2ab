import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import * as es from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { NamespaceSchema } from "./gen/namespaces_pb.ts";
import { StateResponseSchema } from "./gen/shim_pb.ts";
import { MountSchema } from "./gen/types_pb.ts";
import { create, type Field, fromBinary, type Schema, toBinary } from "./message.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("toBinary()", () => {
  test("writes what is there, and neither zeros nor what is absent", () => {
    expect(toBinary(MountSchema, { type: "bind", source: "", options: ["ro"] })).toEqual(
      bytes("0a 04 62696e64 22 02 726f"),
    );
  });
});

describe("fromBinary()", () => {
  test("fills in what is absent", () => {
    const absent = { type: "", source: "", target: "", options: [] };
    expect(fromBinary(MountSchema, new Uint8Array())).toEqual(absent);
    expect(create(MountSchema)).toEqual(absent);
  });

  test("passes over fields that nobody here knows", () => {
    expect(
      fromBinary(MountSchema, bytes("0a 01 62  a8 1f 01  a9 1f 0000000000000000  aa 1f 01 00  ad 1f 00000000")).type,
    ).toBe("b");
  });

  test("joins a message that comes in parts", () => {
    expect(fromBinary(StateResponseSchema, bytes("52 02 08 05  52 02 10 07")).exitedAt).toEqual({
      seconds: 5n,
      nanos: 7,
    });
  });

  test("keeps a map's every key", () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b"}');
    expect(fromBinary(NamespaceSchema, toBinary(NamespaceSchema, { labels })).labels).toEqual(labels);
  });

  test.each([
    ["a length beyond the end", "0a 05 62"],
    ["a varint without an end", "0a ffffffffffffffffffffff01"],
    ["a number where a string should be", "08 01"],
    ["a string that is not UTF-8", "0a 01 ff"],
    ["field 0", "02 00"],
    ["a group", "0b 0c"],
  ])("refuses %s", (_, hex) => {
    expect(() => fromBinary(MountSchema, bytes(hex))).toThrow(/^Cannot read protobuf: /);
  });

  test("says nothing but that, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        try {
          fromBinary(StateResponseSchema, noise);
        } catch (error) {
          expect(error).toHaveProperty("kind", "InvalidArgument");
        }
      }),
    );
  });
});

/** What our schemas say, compared with what another implementation makes of the .proto files themselves. */
describe("every generated schema", () => {
  let registry: es.FileRegistry;
  beforeAll(() => {
    const set = execFileSync(join(import.meta.dirname, "../node_modules/.bin/buf"), ["build", "-o", "-"], {
      cwd: import.meta.dirname,
      maxBuffer: 1 << 24,
    });
    registry = es.createFileRegistry(es.fromBinary(FileDescriptorSetSchema, set));
  });

  test("writes what protobuf-es reads, and reads what it writes", async () => {
    const schemas = await generatedSchemas();
    expect(schemas.map(({ typeName }) => typeName).sort()).toEqual(
      [...registry].flatMap((desc) => (desc.kind === "message" ? [desc.typeName] : [])).sort(),
    );
    for (const schema of schemas) {
      const other = registry.getMessage(schema.typeName)!;
      const sameBothWays = (whole: object) => {
        const theirs = es.fromBinary(other, toBinary(schema, whole));
        expect(theirs.$unknown, schema.typeName).toBeUndefined();
        expect(fromBinary(schema, es.toBinary(other, theirs)), schema.typeName).toEqual(create(schema, whole));
      };
      fc.assert(fc.property(arbitraryMessage(schema), sameBothWays), { numRuns: 15 });
    }
  });
});

async function generatedSchemas(): Promise<Schema<object>[]> {
  const gen = join(import.meta.dirname, "gen");
  const files = readdirSync(gen, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const modules: Record<string, unknown>[] = await Promise.all(files.map((file) => import(join(gen, file))));
  return modules.flatMap((exports) =>
    Object.entries(exports).flatMap(([name, value]) => (name.endsWith("Schema") ? [value as Schema<object>] : [])),
  );
}

function arbitraryMessage(schema: Schema<object>): fc.Arbitrary<object> {
  const fields = schema.fields.map((field) => [field.name, arbitraryField(field)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
}

function arbitraryField({ type, many }: Field): fc.Arbitrary<unknown> {
  const one: fc.Arbitrary<unknown> = typeof type === "function" ? arbitraryMessage(type()) : SCALAR[type];
  if (many === "repeated") return fc.array(one, { maxLength: 3 });
  return many === "map" ? fc.dictionary(fc.string(), one, { maxKeys: 3, noNullPrototype: true }) : one;
}

const SCALAR = {
  string: fc.string({ unit: "grapheme" }),
  bytes: fc.uint8Array(),
  bool: fc.boolean(),
  int32: fc.integer(),
  enum: fc.integer({ min: 0, max: 5 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
};
