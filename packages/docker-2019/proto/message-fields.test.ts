import { describe, expect, test } from "vitest";
import { packAny, packJson, SPEC_URL } from "./any.ts";
import { AnySchema } from "./gen/google/protobuf/any_pb.ts";
import { OptionsSchema } from "./gen/runc-options_pb.ts";
import { CreateTaskRequestSchema, Tasks } from "./gen/tasks_pb.ts";
import { MountSchema } from "./gen/types_pb.ts";
import { type Init, type Schema, toBinary } from "./message.ts";
import { fieldsOfMessage, readMessageFields } from "./message-fields.ts";

function fieldsOf<T extends object>(schema: Schema<T>, init: Init<T>) {
  return readMessageFields(schema, toBinary(schema, init));
}

describe("readMessageFields()", () => {
  test("has each field's number, its names in the .proto file, and where it lies", () => {
    expect(fieldsOf(MountSchema, { type: "bind", options: ["ro"] })).toEqual([
      { number: 1, name: "type", type: "string", at: [0, 6], value: '"bind"' },
      { number: 4, name: "options", type: "string", at: [6, 10], value: '"ro"' },
    ]);
  });

  test("reads on in messages and in Anys, and says where in the whole", () => {
    const options = packAny(OptionsSchema, { root: "/r" });
    const bytes = toBinary(CreateTaskRequestSchema, { containerId: "web", rootfs: [{ type: "bind" }], options });
    const [id, rootfs, any] = readMessageFields(CreateTaskRequestSchema, bytes);
    expect([id!.at, rootfs!.at, any!.at]).toEqual([[0, 5], [5, 13], [13, bytes.length]]); // biome-ignore format: pairs
    expect(rootfs).toMatchObject({ type: "containerd.types.Mount", fields: [{ name: "type", at: [7, 13] }] });
    const [url, value] = any!.fields!;
    expect(url).toMatchObject({ name: "type_url", value: '"containerd.runc.v1.Options"' });
    expect(value).toMatchObject({ type: "containerd.runc.v1.Options", fields: [{ name: "root", value: '"/r"' }] });
    const [from, to] = value!.fields![0]!.at;
    expect(Buffer.from(bytes.subarray(from, to)).toString("latin1").slice(-2)).toBe("/r");
  });

  test("has the JSON of a specification as it is", () => {
    const [, value] = fieldsOf(AnySchema, packJson(SPEC_URL, { ociVersion: "1.0.2" }));
    expect(value).toMatchObject({ type: "JSON", value: '{"ociVersion":"1.0.2"}' });
  });

  test("shows fields that the schema doesn't know", () => {
    expect(readMessageFields(MountSchema, Buffer.from("9a0602ffff9806aa01", "hex"))).toMatchObject([
      { number: 99, name: "", value: "ff ff" },
      { number: 99, name: "", value: "170" },
    ]);
  });

  test("reads bytes that were cut as far as they go", () => {
    const bytes = toBinary(CreateTaskRequestSchema, {
      containerId: "web",
      rootfs: [{ type: "bind", source: "/layers" }],
    });
    const [id, rootfs] = readMessageFields(CreateTaskRequestSchema, bytes.subarray(0, -3));
    expect(id).not.toHaveProperty("isCut");
    expect(rootfs).toMatchObject({ isCut: true, fields: [{ value: '"bind"' }, { value: '"/lay"', isCut: true }] });
  });

  test.each([0, 1, 2, 3, 5, 8, 9])("never fails, whatever the first %i bytes are", (length) => {
    const noise = Buffer.from("08ffffffffffffffffff", "hex").subarray(0, length);
    for (const field of readMessageFields(CreateTaskRequestSchema, noise))
      expect(field.at[1]).toBeLessThanOrEqual(length);
  });
});

test("fieldsOfMessage() knows requests and answers by the method's name", () => {
  const summary = `${Tasks.typeName}/Create`;
  const message = { channel: "grpc", from: "dockerd", to: "containerd", id: "1", summary } as const;
  const payload = { base64: Buffer.from("1007", "hex").toString("base64"), length: 2 };
  expect(fieldsOfMessage({ ...message, summary: "OK", answers: summary, payload })).toMatchObject([
    { name: "pid", value: "7" },
  ]);
  expect(fieldsOfMessage(message)).toBeUndefined();
});
