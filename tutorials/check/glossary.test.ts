import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Language } from "../book/chapter.ts";
import { readGlossary, type Term } from "../book/glossary.ts";
import { checkGlossary } from "./glossary.ts";

const NAMESPACE: Term = {
  term: { en: "namespace", zh: "命名空间" },
  sentence: { en: "What a process sees.", zh: "进程所见。" },
  see: ["namespaces(7)"],
  first: "00-2",
  not: [],
  avoid: { en: ["name space"], zh: ["名字空间"] },
};
const GRPC: Term = { ...NAMESPACE, term: { en: "gRPC", zh: "gRPC" }, first: "20-2", avoid: { en: ["grpc"], zh: [] } };

describe("checkGlossary()", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "docker-eras-glossary-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  function chapter(id: string, language: Language, text: string) {
    const path = join(dir, language === "en" ? `${id}.md` : `${id}.zh.md`);
    writeFileSync(path, text);
    return { id, language, path };
  }

  const check = (language: Language, text: string) =>
    checkGlossary([chapter("13-02", language, text)], [NAMESPACE, GRPC]);

  test("is content with the glossary", () => expect(checkGlossary([])).toEqual([]));

  test("has every term that quotes another one, and all in both languages", () => {
    expect(readGlossary().length).toBeGreaterThan(60);
    for (const { term } of readGlossary()) expect(term.zh).toMatch(/^[\p{Script=Han}]+$|^[\w.-]+$/u);
  });

  test.each<[Language, string, string]>([
    ["en", "A name space, says\none.", '13-02.md:1: "name space": write "namespace"'],
    ["en", "x\n\nName space is wrong", '13-02.md:3: "name space"'],
    ["en", "| by grpc |", '13-02.md:1: "grpc": write "gRPC"'],
    ["zh", "每个名字空间里", '13-02.zh.md:1: "名字空间": write "命名空间"'],
    ["en", "```yaml quiz\n- ask: Which name space?\n```", '13-02.md:2: "name space"'],
  ])("names a word that is avoided, in %s: %j", (language, text, problem) => {
    expect(check(language, text)).toEqual([expect.stringContaining(`chapters/${problem}`)]);
  });

  test.each<[Language, string]>([
    ["en", "a namespace, gRPC"],
    ["zh", "命名空间"],
    ["en", "名字空间"], // the other language's
    ["en", "`name space`, and [a link](https://example.org/grpc)"],
    ["en", "```sh run id=a world=none\n$ echo name space\n```"],
    ["en", "<<< docker-2019/proto/grpc/client.ts#GrpcClient\n\n{{lines docker-2019/proto/grpc}}"],
    ["en", "docker-grpc-client, grpcs"],
  ])("lets other words and code be, in %s: %j", (language, text) => expect(check(language, text)).toEqual([]));

  test("names a first chapter that doesn't have the word", () => {
    expect(checkGlossary([chapter("00-2", "en", "Nothing"), chapter("00-2", "zh", "命名空间")], [NAMESPACE])).toEqual([
      "glossary.yaml: namespace: field first: 00-2.md doesn't have the word: name another",
    ]);
  });

  test.each<[Partial<Term>, string]>([
    [{ first: "second" }, "field first is to be a chapter, such as 13-02: second"],
    [{ not: ["cgroup"] }, 'field not: the glossary has no "cgroup"'],
    [{ avoid: { en: ["gRPC"], zh: [] } }, 'field avoid: "gRPC" is a term of the glossary itself'],
  ])("names what a term says wrongly: %j", (change, problem) => {
    expect(checkGlossary([], [{ ...NAMESPACE, ...change }, GRPC])).toEqual([`glossary.yaml: namespace: ${problem}`]);
  });
});
