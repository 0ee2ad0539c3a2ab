/** TypeScript in colours: enough of its grammar to tell words, texts and comments apart. */
import { h } from "./element.ts";

const TOKENS = new RegExp(
  [
    String.raw`(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|${"`"}(?:[^${"`"}\\]|\\.)*${"`"})`,
    String.raw`(?<keyword>\b(?:import|export|from|function|return|const|let|if|else|for|of|in|while|new|class|extends|implements|async|await|throw|try|catch|finally|type|interface|readonly|private|static|this|null|undefined|true|false|void|never|switch|case|default|break|continue|as|satisfies|typeof|delete|yield|get|set)\b)`,
    String.raw`(?<number>\b0x[\da-fA-F_]+\b|\b\d[\d_.]*\b)`,
    String.raw`(?<call>\b[A-Za-z_$][\w$]*(?=\())`,
    String.raw`(?<type>\b[A-Z][\w$]*\b)`,
  ].join("|"),
  "g",
);

/** The lines of a source text, each as nodes. What spans lines, a comment for one, is coloured on each. */
export function highlight(source: string): (string | HTMLElement)[][] {
  const lines: (string | HTMLElement)[][] = [[]];
  const put = (text: string, kind?: string) => {
    text.split("\n").forEach((part, i) => {
      if (i > 0) lines.push([]);
      if (part) lines.at(-1)!.push(kind ? h("span", { class: `t-${kind}` }, part) : part);
    });
  };
  let end = 0;
  for (const match of source.matchAll(TOKENS)) {
    put(source.slice(end, match.index));
    put(match[0], Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0]);
    end = match.index + match[0].length;
  }
  put(source.slice(end));
  return lines;
}

/** First and last line of the function around a line, from 1: up to where its closing brace stands in the same column. */
export function functionAround(source: string, line: number): readonly [number, number] {
  const lines = source.split("\n");
  for (let first = line - 1; first >= 0; first--) {
    const head = /^( {0,2})(?:export |async |static |function |class |get |set )*[#\w$]+[^;]*[{(]$/.exec(
      lines[first] ?? "",
    );
    if (!head) continue;
    const end = lines.findIndex((text, i) => i > first && new RegExp(`^${head[1]}\\}`).test(text) && !/\{$/.test(text));
    if (end >= line - 1) return [first + 1, end + 1];
  }
  return [line, line];
}
