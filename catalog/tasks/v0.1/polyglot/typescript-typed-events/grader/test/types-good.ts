import { Emitter } from "../src/emitter.js";

interface Events {
  opened: { path: string };
  closed: number;
}
const typed = new Emitter<Events>();
typed.on("opened", (file) => file.path.toUpperCase());
typed.once("closed", (code) => code.toFixed());
typed.off("closed", (code: number) => void code);
const called: number = typed.emit("closed", 3) + typed.emit("opened", { path: "a" });
const plain = new Emitter();
plain.on("anything", (payload) => payload.whatever);
plain.emit("anything", { whatever: called });
export { plain };
