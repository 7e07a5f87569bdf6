// The terminal player, in a file of its own because it is large: loaded when a recording comes into view.
import { create } from "asciinema-player";

globalThis.cabPlayer = create;
