/**
 * A plugin of the protobuf compiler: writes the TypeScript of messages, enums and services (`pnpm proto`, buf.gen.yaml).
 *
 *     message Mount { string type = 1; }    interface Mount { type: string }; MountSchema, by which message.ts reads and writes it
 *     enum Status { CREATED = 1; }          const Status = { CREATED: 1 }: an object, because Node erases types and does no more
 *     service Task { … }                    const Task: its methods with their schemas (service.ts)
 *
 * @see https://protobuf.dev/reference/other/#plugins
 */
import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  ScalarType,
} from "@bufbuild/protobuf";
import {
  createEcmaScriptPlugin,
  type GeneratedFile,
  getComments,
  type Printable,
  runNodeJs,
} from "@bufbuild/protoplugin";
import { SCALARS } from "./scalars.ts";

const TYPESCRIPT = {
  string: "string",
  bytes: "Uint8Array",
  bool: "boolean",
  int32: "number",
  uint32: "number",
  int64: "bigint",
  uint64: "bigint",
};

runNodeJs(
  createEcmaScriptPlugin({
    name: "protoc-gen-messages",
    version: "1",
    generateTs(schema) {
      for (const file of schema.files) printFile(schema.generateFile(`${file.name}_pb.ts`), file);
    },
  }),
);

function printFile(f: GeneratedFile, file: DescFile): void {
  f.print("// Made from ", file.name, ".proto by `pnpm proto`. Read that one.");
  f.print();
  for (const desc of file.enums) printEnum(f, desc);
  for (const desc of file.messages) printMessage(f, desc);
  for (const desc of file.services) printService(f, desc);
}

function printEnum(f: GeneratedFile, desc: DescEnum): void {
  const name = localName(desc);
  printComment(f, desc);
  f.print("export const ", name, " = {");
  for (const value of desc.values) {
    printComment(f, value, "  ");
    f.print("  ", value.name, ": ", value.number, ",");
  }
  f.print("} as const;");
  f.print("export type ", name, " = (typeof ", name, ")[keyof typeof ", name, "];");
  f.print();
}

function printMessage(f: GeneratedFile, desc: DescMessage): void {
  for (const nested of desc.nestedEnums) printEnum(f, nested);
  for (const nested of desc.nestedMessages) printMessage(f, nested);
  printComment(f, desc);
  f.print("export interface ", localName(desc), " {");
  for (const field of desc.fields) {
    printComment(f, field, "  ");
    f.print("  ", field.localName, ...fieldType(f, field), ";");
  }
  f.print("}");
  f.print();
  const message = f.import("message", "./../message.js");
  f.print(
    "export const ",
    localName(desc),
    "Schema = ",
    message,
    "<",
    localName(desc),
    ">(",
    f.string(desc.typeName),
    ", {",
  );
  for (const field of desc.fields)
    f.print("  ", field.name, ": { number: ", field.number, ", ", ...schemaType(f, field), " },");
  f.print("});");
  f.print();
}

function printService(f: GeneratedFile, desc: DescService): void {
  printComment(f, desc);
  f.print("export const ", desc.name, " = {");
  f.print("  typeName: ", f.string(desc.typeName), ",");
  f.print("  method: {");
  for (const method of desc.methods) {
    printComment(f, method, "    ");
    f.print("    ", method.localName, ": {");
    f.print("      name: ", f.string(method.name), ",");
    f.print("      kind: ", f.string(method.methodKind), ",");
    f.print("      input: ", schemaOf(f, method.input), ",");
    f.print("      output: ", schemaOf(f, method.output), ",");
    f.print("    },");
  }
  f.print("  },");
  f.print("} as const satisfies ", f.import("Service", "./../service.js", true), ";");
  f.print();
}

/** The end of a member of an interface, from the colon or question mark on. */
function fieldType(f: GeneratedFile, field: DescField): Printable[] {
  const one = valueType(f, field);
  if (field.fieldKind === "list") return [": ", ...one, "[]"];
  if (field.fieldKind === "map") return [": Record<string, ", ...one, ">"];
  return field.message ? ["?: ", ...one, " | undefined"] : [": ", ...one];
}

function valueType(f: GeneratedFile, field: DescField): Printable[] {
  const desc = field.message ?? field.enum;
  if (desc) return [f.import(localName(desc), `./${desc.file.name}_pb.js`, true)];
  return [TYPESCRIPT[scalarName(field)]];
}

/** What message.ts is told of a field, but its number. */
function schemaType(f: GeneratedFile, field: DescField): Printable[] {
  const many = { list: "repeated", map: "map", message: undefined, enum: undefined, scalar: undefined }[
    field.fieldKind
  ];
  const type = field.message
    ? ["() => ", schemaOf(f, field.message)]
    : [f.string(field.enum ? "enum" : scalarName(field))];
  return ["type: ", ...type, ...(many ? [", many: ", f.string(many)] : [])];
}

function scalarName(field: DescField): keyof typeof TYPESCRIPT {
  const name = ScalarType[field.scalar!].toLowerCase();
  if (name in SCALARS && name in TYPESCRIPT) return name as keyof typeof TYPESCRIPT;
  throw new Error(`Cannot generate ${field}: scalars.ts knows no ${name}`);
}

function schemaOf(f: GeneratedFile, desc: DescMessage): Printable {
  return f.import(`${localName(desc)}Schema`, `./${desc.file.name}_pb.js`);
}

/** A nested type's name begins with the name of what it is nested in: Container_Runtime. */
function localName(desc: DescMessage | DescEnum): string {
  return desc.parent ? `${localName(desc.parent)}_${desc.name}` : desc.name;
}

function printComment(f: GeneratedFile, desc: Parameters<typeof getComments>[0], indent = ""): void {
  const text = getComments(desc).leading?.trim();
  if (text && !desc.toString().includes("google.protobuf.")) f.print(f.jsDoc(text, indent));
}
