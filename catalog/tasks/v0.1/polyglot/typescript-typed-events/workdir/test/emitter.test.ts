// Compiled beside the source; it throws where something is wrong.
import { Emitter } from "../src/emitter.js";

const emitter = new Emitter();
const seen: string[] = [];
emitter.on("greeting", (name) => seen.push(`hello ${name}`));
emitter.emit("greeting", "Ada");
if (seen.join() !== "hello Ada") {
  throw new Error(`got ${seen}`);
}
