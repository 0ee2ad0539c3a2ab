import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSnippetReference } from "../book/snippet-reference.ts";
import { findSnippet } from "./find-snippet.ts";

const SOURCE = `import { other } from "./other.ts";

/** Adds. */
export function add(a: number, b: number): number {
  return a + b;
}

export const twice = (n: number) => n * 2;

function hidden(): void {}

export class Box {
  /** Opens it. */
  open(key: string): string {
    return key;
  }
}
`;

let packages: string;
beforeEach(() => {
  packages = mkdtempSync(join(tmpdir(), "eras-snippets-"));
  mkdirSync(join(packages, "a"));
  writeFileSync(join(packages, "a/b.ts"), SOURCE);
});
afterEach(() => rmSync(packages, { recursive: true }));

const find = (line: string) => findSnippet(readSnippetReference(line, "13-02.md:7")!, packages);

describe("a snippet", () => {
  test("is found by name, with its docstring and its place", () => {
    expect(find("<<< a/b.ts#add")).toEqual({
      code: "/** Adds. */\nexport function add(a: number, b: number): number {\n  return a + b;\n}",
      line: 3,
      file: "packages/a/b.ts",
    });
  });

  test("can be its signature alone, or its body without the docstring", () => {
    expect(find("<<< a/b.ts#add {signature}").code).toBe(
      "/** Adds. */\nexport function add(a: number, b: number): number;",
    );
    expect(find("<<< a/b.ts#add {body}").code).toMatch(/^export function add/);
    expect(find("<<< a/b.ts#twice {signature}").code).toBe("export const twice = (n: number);");
  });

  test("can be a method, set back to the margin, and what is not exported", () => {
    expect(find("<<< a/b.ts#Box.open").code).toBe("/** Opens it. */\nopen(key: string): string {\n  return key;\n}");
    expect(find("<<< a/b.ts#hidden").line).toBe(10);
  });

  test("is missed when it was renamed, and when its file has gone", () => {
    expect(() => find("<<< a/b.ts#sum")).toThrow('13-02.md:7: packages/a/b.ts has no "sum": was it renamed or moved?');
    expect(() => find("<<< a/c.ts#add")).toThrow("13-02.md:7: there is no packages/a/c.ts");
  });

  test("is refused when the name stands there twice", () => {
    writeFileSync(join(packages, "a/b.ts"), "export function f(): void;\nexport function f(): void {}\n");
    expect(() => find("<<< a/b.ts#f")).toThrow('has "f" 2 times');
  });

  test("must be asked for in the right form", () => {
    expect(() => find("<<< a/b.ts add")).toThrow("13-02.md:7: a snippet is");
  });
});
