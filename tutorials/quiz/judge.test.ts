import { expect, test } from "vitest";
import { choiceOf, isRight } from "./judge.ts";

test("an answer is judged by what it says, not by how it is typed", () => {
  for (const given of ["lxc-start", " `lxc-start` ", "LXC-start.", "“lxc-start”"])
    expect(isRight(given, "lxc-start")).toBe(true);
  expect(isRight("４２", "42")).toBe(true);
  for (const given of ["One", "一", "1."]) expect(isRight(given, "1")).toBe(true);
  expect(isRight("-a", "a")).toBe(false);
  expect(isRight("", "0")).toBe(false);
});

test("a choice is named by its number, its value or its words", () => {
  const choices = { umount: "the unmounting", stopped: "the note" };
  for (const typed of ["2", "stopped", "The note"]) expect(choiceOf(typed, choices)).toBe("stopped");
  expect(choiceOf("3", choices)).toBe("3");
  expect(choiceOf(" 17 ", undefined)).toBe("17");
});
