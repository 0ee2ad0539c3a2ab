import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Crc64 } from "./crc64.ts";

test("Crc64 gives the check value of CRC-64/GO-ISO, in one piece or many", () => {
  const [whole, pieces] = [new Crc64(), new Crc64()];
  whole.update(Buffer.from("123456789"));
  for (const digit of "123456789") pieces.update(Buffer.from(digit));
  expect(whole.digest().toString("hex")).toBe("b90956c775a41001"); // the catalogue of parametrised CRC algorithms
  expect(pieces.digest()).toEqual(whole.digest());
  const bytes = randomBytes(1000);
  const [longer, single] = [new Crc64(), new Crc64()];
  longer.update(bytes);
  for (const byte of bytes) single.update(Buffer.from([byte]));
  expect(longer.digest()).toEqual(single.digest());
  expect(new Crc64().digest().toString("hex")).toBe("0000000000000000");
});
