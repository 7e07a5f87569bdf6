import { addCopyButtons } from "./copy.js";
import { startReplays } from "./replay.js";
import { startTerminals } from "./terminal.js";

addCopyButtons();
startReplays();
startTerminals();
