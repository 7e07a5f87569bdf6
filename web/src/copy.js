// A "Copy" button on every block of commands, where the browser lets a page write to the clipboard.

export function addCopyButtons() {
  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll(".code")) block.append(button(block.querySelector("code")));
}

function button(code) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = "Copy";
  made.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      made.textContent = "Copied";
    } catch {
      made.textContent = "Not allowed";
    }
    setTimeout(() => (made.textContent = "Copy"), 1500);
  });
  return made;
}
