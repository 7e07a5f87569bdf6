import { Emitter } from "../src/emitter.js";

interface Events {
  opened: { path: string };
  closed: number;
}
const typed = new Emitter<Events>();
// @ts-expect-error an unknown name
typed.on("renamed", () => undefined);
// @ts-expect-error a listener for another payload
typed.on("closed", (code: string) => code);
// @ts-expect-error once, too
typed.once("closed", (code) => code.path);
// @ts-expect-error a payload that does not fit
typed.emit("opened", { file: "a" });
// @ts-expect-error a payload of another event
typed.emit("closed", { path: "a" });
// @ts-expect-error off takes the listener that belongs to the name
typed.off("opened", (code: number) => void code);
