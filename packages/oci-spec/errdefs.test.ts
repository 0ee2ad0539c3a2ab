import { describe, expect, test } from "vitest";
import { Conflict, ERROR_CLASSES, errorKind, InvalidArgument, KindError, NotFound, Unavailable } from "./errdefs.ts";

describe("the classes of errors", () => {
  test.each(Object.entries(ERROR_CLASSES))("%s has its own name as kind, and keeps its cause", (kind, ErrorClass) => {
    const cause = new Error("below");
    const error = new ErrorClass("above", { cause });
    expect(error).toMatchObject({ kind, name: kind, message: "above", cause });
    expect(error).toBeInstanceOf(KindError);
    expect(String(error)).toBe(`${kind}: above`);
  });
});

describe("errorKind()", () => {
  test("is the error's own", () => expect(errorKind(new Conflict("taken"))).toBe("Conflict"));
  test("is the outermost of a chain of causes", () => {
    const error = new Unavailable("no answer", { cause: new NotFound("no socket") });
    expect(errorKind(error)).toBe("Unavailable");
  });
  test("is a cause's, where the error has none", () =>
    expect(errorKind(new Error("Cannot run", { cause: new NotFound("no image") }))).toBe("NotFound"));
  test("is Unknown for anything else", () => {
    for (const thrown of [new Error("bug"), "text", undefined, null, { kind: "NotFound" }]) {
      expect(errorKind(thrown)).toBe("Unknown");
    }
  });
  test("knows what an AbortSignal throws", () => {
    expect(errorKind(AbortSignal.abort().reason)).toBe("Cancelled");
    expect(errorKind(new DOMException("late", "TimeoutError"))).toBe("DeadlineExceeded");
  });
  test("ends where causes form a circle", () => {
    const error: Error = new Error("a");
    error.cause = new Error("b", { cause: error });
    expect(errorKind(error)).toBe("Unknown");
  });
  test("is that of a subclass's family", () => {
    class BadName extends InvalidArgument {}
    expect(errorKind(new BadName("x"))).toBe("InvalidArgument");
  });
});
