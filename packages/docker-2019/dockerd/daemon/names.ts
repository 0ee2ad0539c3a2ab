/** Names for containers whose makers gave none: a quality and somebody to whom computing owes something. */
import { randomInt } from "node:crypto";

const QUALITIES = [
  "able", "agile", "amber", "bold", "brave", "bright", "brisk", "calm", "candid", "clever", "cosy", "crisp", "daring", "deft",
  "eager", "earnest", "early", "fair", "fleet", "fond", "frank", "free", "gentle", "glad", "golden", "grand", "handy", "hardy",
  "honest", "humble", "jolly", "keen", "kind", "lively", "loyal", "lucid", "mellow", "merry", "mild", "modest", "neat", "nimble",
  "noble", "patient", "plain", "polite", "prompt", "proud", "quick", "quiet", "ready", "serene", "sharp", "silent", "sincere",
  "sleek", "smart", "snug", "spry", "steady", "sturdy", "subtle", "sunny", "swift", "tender", "thrifty", "tidy", "trusty",
  "upbeat", "vivid", "warm", "wise", "witty", "zesty",
]; // biome-ignore format: a list
const PEOPLE = [
  "allen", "babbage", "backus", "bartik", "berners", "boole", "cerf", "church", "codd", "cook", "dahl", "dijkstra", "engelbart",
  "feinler", "floyd", "gosling", "granville", "hamilton", "hamming", "hoare", "holberton", "hopper", "iverson", "johnson", "kahn",
  "kay", "keller", "kernighan", "kleene", "knuth", "lamport", "lampson", "liskov", "lovelace", "mccarthy", "meyers", "milner",
  "naur", "nygaard", "perlman", "rivest", "ritchie", "sammet", "shannon", "stonebraker", "tarjan", "thompson", "torvalds",
  "turing", "wilkes", "wilkinson", "wing", "wirth", "yao", "zuse",
]; // biome-ignore format: a list

/** @param isTaken - Whether there is a container of that name. */
export function inventName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${one(QUALITIES)}_${one(PEOPLE)}${attempt < 6 ? "" : randomInt(10)}`;
    if (!isTaken(name)) return name;
  }
}

function one(words: readonly string[]): string {
  return words[randomInt(words.length)]!;
}
