import { expect, test } from "vitest";
import { userAgent } from "./user-agent.ts";

test("userAgent() says who asks, and for whom", () => {
  const client = "Docker-Client/20.10.24 (linux)";
  expect(userAgent(client)).toMatch(
    /^docker\/\S+ .* os\/linux arch\/\w+ UpstreamClient\(Docker-Client\/20\.10\.24 \\\(linux\\\)\)$/,
  );
  expect(userAgent("")).not.toContain("UpstreamClient");
});
