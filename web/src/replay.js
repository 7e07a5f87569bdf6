// Trace replay: space play/pause, arrows step a span, comma and full stop step 100 ms, or drag the slider.
//
// It reads times from the timeline's rows and texts from the table of spans, both of which the page holds anyway; no
// text of a run ever becomes markup here.

const STEP_MS = 100;
const LONGEST_PLAY_S = 30;

export function startReplays() {
  for (const box of document.querySelectorAll(".replay")) start(box);
}

function start(box) {
  const total = Number(box.dataset.total);
  const spans = [...box.querySelectorAll(".timeline li")].map((row) => ({
    row,
    start: Number(row.dataset.start),
    end: Number(row.dataset.start) + Number(row.dataset.duration),
    line: document.getElementById(row.dataset.row),
  }));
  const part = (name) => box.querySelector(name);
  const [play, scrub, rate, clock] = [".play", ".scrub", ".rate select", ".clock"].map(part);
  const timeline = part(".timeline");
  const head = document.createElement("div");
  head.className = "playhead";
  timeline.append(head);
  for (const control of [play, scrub, rate.parentElement]) control.hidden = false;
  rate.value = [...rate.options].map((o) => o.value).find((r) => total / 1000 / r <= LONGEST_PLAY_S) ?? "64";

  const state = { time: 0, index: 0, frame: 0, before: 0 };

  function show(time, index) {
    state.time = Math.min(total, Math.max(0, time));
    scrub.value = String(state.time);
    scrub.setAttribute("aria-valuetext", clockText(state.time));
    clock.textContent = `t = ${clockText(state.time)} / ${(total / 1000).toFixed(2)} s`;
    placeHead();
    select(index ?? spanAt(state.time));
  }

  function placeHead() {
    const bar = spans[0].row.querySelector(".bar").getBoundingClientRect();
    const left = bar.left - timeline.getBoundingClientRect().left;
    head.style.left = `${left + (total > 0 ? state.time / total : 0) * bar.width}px`;
  }

  // The innermost span at a time: of those that cover it, the one that began last.
  function spanAt(time) {
    let best = 0;
    spans.forEach((span, i) => {
      if (span.start <= time && (time <= span.end || span.start >= spans[best].start)) {
        if (time <= span.end || time > spans[best].end) best = i;
      }
    });
    return best;
  }

  function select(index) {
    if (index === state.index) return;
    spans[state.index].row.classList.remove("on");
    spans[index].row.classList.add("on");
    state.index = index;
    describe(part(".current"), spans[index].line);
    keepInView(timeline, spans[index].row);
  }

  function stop() {
    cancelAnimationFrame(state.frame);
    state.frame = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }

  function tick(now) {
    show(state.time + (now - state.before) * Number(rate.value));
    state.before = now;
    if (state.time >= total) stop();
    else state.frame = requestAnimationFrame(tick);
  }

  function toggle() {
    if (state.frame) return stop();
    if (state.time >= total) show(0);
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    state.before = performance.now();
    state.frame = requestAnimationFrame(tick);
  }

  function stepSpan(by) {
    stop();
    const index = Math.min(spans.length - 1, Math.max(0, state.index + by));
    show(spans[index].start, index);
  }

  function stepTime(by) {
    stop();
    show(state.time + by);
  }

  const keys = {
    " ": toggle,
    ArrowLeft: () => stepSpan(-1),
    ArrowRight: () => stepSpan(1),
    ",": () => stepTime(-STEP_MS),
    ".": () => stepTime(STEP_MS),
  };

  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
    if (event.target.matches("select, button") && event.key === " ") return;
    if (event.target.matches("select") && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    keys[event.key]();
  });
  play.addEventListener("click", toggle);
  scrub.addEventListener("input", () => {
    stop();
    show(Number(scrub.value));
  });
  spans.forEach((span, i) =>
    span.row.addEventListener("click", () => {
      stop();
      show(span.start, i);
    }),
  );
  addEventListener("resize", placeHead);
  show(0, 0);
}

function clockText(ms) {
  return ms < 10000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

// Copy the span's texts from its row of the table, as text.
function describe(current, line) {
  const text = (name) => line.querySelector(name)?.textContent ?? "";
  current.querySelector(".id").textContent = line.querySelector(".id").firstChild.textContent;
  for (const name of [".kind", ".name", ".start", ".duration"]) current.querySelector(name).textContent = text(name);
  const rows = Object.entries(attributes(text(".attrs pre"))).map(([key, value]) => pair(key, value));
  const error = text(".attrs .error");
  if (error) rows.push(pair("error", error));
  current.querySelector(".attrs").replaceChildren(...rows);
}

// The JSON is cut where it is very long; then it is shown as it stands.
function attributes(json) {
  try {
    return JSON.parse(json);
  } catch {
    return { attrs: json };
  }
}

function pair(key, value) {
  const row = document.createElement("div");
  const name = document.createElement("dt");
  const content = document.createElement("dd");
  name.textContent = visible(key);
  content.textContent = visible(typeof value === "string" ? value : JSON.stringify(value));
  row.append(name, content);
  return row;
}

// Control characters arrive as \u escapes in the JSON; parsed, they are shown as the rest of the page shows them.
function visible(text) {
  const code = (c) => c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => `\u27e8U+${code(c)}\u27e9`);
}

function keepInView(box, row) {
  if (row.offsetTop < box.scrollTop) box.scrollTop = row.offsetTop;
  const below = row.offsetTop + row.offsetHeight - box.clientHeight;
  if (below > box.scrollTop) box.scrollTop = below;
}
