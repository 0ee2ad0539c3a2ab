/** All messages and services of containerd's that are known here, by their names, for whoever meets bytes of any of them. Loads all of gen/. */
import { globSync } from "node:fs";
import { join } from "node:path";
import type { Schema } from "./message.ts";
import type { Method, Service } from "./service.ts";

const files = globSync(join(import.meta.dirname, "gen/**/*_pb.ts")).toSorted();
const declared: unknown[] = (await Promise.all(files.map((file) => import(file)))).flatMap(Object.values);

const schemas = new Map(declared.filter(isSchema).map((schema) => [schema.typeName, schema]));
const methods = new Map(
  declared
    .filter(isService)
    .flatMap(({ typeName, method }) =>
      Object.values(method).map((each): [string, Method] => [`${typeName}/${each.name}`, each]),
    ),
);

/** @param typeName - With its package: `containerd.types.Mount`. */
export function findSchema(typeName: string): Schema<object> | undefined {
  return schemas.get(typeName);
}

/** @param path - `containerd.services.tasks.v1.Tasks/Create`. */
export function findMethod(path: string): Method | undefined {
  return methods.get(path);
}

function isSchema(value: unknown): value is Schema<object> {
  return isObject(value) && "typeName" in value && "byNumber" in value;
}

function isService(value: unknown): value is Service {
  return isObject(value) && "typeName" in value && "method" in value;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
