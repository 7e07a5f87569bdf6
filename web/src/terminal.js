// Terminal playback. Player and recording are loaded when the section comes near, both as scripts, because a page that
// was opened from disk may not fetch. The recording is one string given to `cabCast`; only the player parses it.

const IDLE_LIMIT_S = 2;

export function startTerminals() {
  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((e) => e.isIntersecting)) {
        near.unobserve(entry.target);
        start(entry.target);
      }
    },
    { rootMargin: "400px" },
  );
  for (const box of document.querySelectorAll(".terminal")) near.observe(box);
}

async function start(box) {
  box.querySelector(".waiting").textContent = "Loading the recording…";
  try {
    const [cast] = await Promise.all([recording(box.dataset.cast), script(box.dataset.player), style(box.dataset.styles)]);
    box.replaceChildren();
    globalThis.cabPlayer({ data: cast }, box, {
      fit: "width",
      preload: true,
      poster: `npt:${Math.ceil(Number(box.dataset.end)) + 1}`,
      idleTimeLimit: IDLE_LIMIT_S,
      controls: true,
      theme: "cab",
      terminalFontFamily: "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
    });
  } catch (error) {
    const note = document.createElement("p");
    note.className = "waiting";
    note.textContent = `The recording could not be loaded (${error.message}); terminal.cast holds it.`;
    box.replaceChildren(note);
  }
}

function recording(address) {
  return new Promise((resolve, reject) => {
    globalThis.cabCast = resolve;
    script(address).catch(reject);
  });
}

function script(address) {
  return element("script", { src: address });
}

function style(address) {
  return element("link", { rel: "stylesheet", href: address });
}

function element(name, attributes) {
  return new Promise((resolve, reject) => {
    const made = Object.assign(document.createElement(name), attributes);
    made.addEventListener("load", resolve);
    made.addEventListener("error", () => reject(new Error(`${name} missing`)));
    document.head.append(made);
  });
}
