import { message } from "../../../message.ts";

// Made from google/protobuf/field_mask.proto by `pnpm proto`. Read that one.

export interface FieldMask {
  paths: string[];
}

export const FieldMaskSchema = message<FieldMask>("google.protobuf.FieldMask", {
  paths: { number: 1, type: "string", many: "repeated" },
});

