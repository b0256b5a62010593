/* The list of scans. What is scanned goes into a queue at once, and from there in batches to the server, so that no scan
   waits for the one before. The field is never switched off and is empty after every line. What was scanned is kept in
   this tab; what it means is asked of the server again after each reload. Without scripts the page is a plain form. */
import { canUse, look } from "./camera.js";
import { play, want, wanted } from "./tones.js";

const BATCH = 50; // codes of one request
const TOGETHER = 100; // assets of one link; a proxy in front may take no longer addresses
const AGAIN = 2000; // milliseconds until what failed is sent again

const page = document.querySelector("[data-scanning]");
const part = (name) => page.querySelector(`[data-${name}]`);
const [form, list, said, trouble, photo] = ["scan-form", "list", "said", "trouble", "photo"].map(part);
const box = form.elements.codes;
const token = form.elements.csrf_token.value;
const words = part("words").dataset;
const KEPT = `caretaker-scans-${page.dataset.person}`;
const MOST = Number(page.dataset.most);

const scans = []; // in the order of scanning: { text, told: what the server said or null, old: from before a reload }
const rows = new Map(); // key of a thing: { element, times }
let busy = false;

const keep = () => {
  try { sessionStorage.setItem(KEPT, JSON.stringify(scans.map((scan) => scan.text))); } catch { /* then only this page has it */ }
};

const complain = (name) => {
  trouble.hidden = !name;
  trouble.querySelector("span").textContent = name ? words[name] : "";
};

const add = (text, old = false) => {
  if (!text.trim()) return;
  if (scans.length >= MOST) {
    complain("full");
    play("warning");
    return;
  }
  scans.push({ text: text.slice(0, 600), told: null, old });
  keep();
  drain();
};

const ask = async (codes) => {
  const answer = await fetch(page.dataset.batch, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ codes }),
  });
  if (answer.ok) return (await answer.json()).results;
  throw new Error(answer.status === 401 ? "signedOut" : answer.status < 500 ? "refused" : "lost");
};

const drain = async () => {
  if (busy) return;
  busy = true;
  for (;;) {
    const batch = scans.filter((scan) => scan.told === null).slice(0, BATCH);
    if (!batch.length) break;
    try {
      const results = await ask(batch.map((scan) => scan.text));
      complain("");
      batch.forEach((scan, place) => { if (scans.includes(scan)) show(scan, results[place]); });
    } catch (error) {
      complain(error.message in words ? error.message : "lost");
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
  busy = false;
};

const show = (scan, told) => {
  scan.told = told;
  let row = rows.get(told.key);
  if (!row) {
    const holder = document.createElement("template");
    holder.innerHTML = told.html;
    row = { element: holder.content.querySelector("li"), times: 0 };
    rows.set(told.key, row);
  }
  count(row, 1);
  if (!row.element.contains(document.activeElement)) list.prepend(row.element); // who has a link in focus keeps it
  if (!scan.old) {
    announce(told.said + (row.times > 1 ? ` Scanned ${row.times} times.` : ""), row.element);
    play(row.times > 1 ? "again" : told.outcome);
  }
  around();
};

const count = (row, change) => {
  row.times += change;
  const shown = row.element.querySelector("[data-times]");
  shown.hidden = row.times < 2;
  shown.textContent = `scanned ${row.times} times`;
};

const announce = (text, element = null) => {
  const mark = element?.querySelector(".status svg").cloneNode(true);
  said.replaceChildren(...(mark ? [mark, " "] : []), text);
};

// What stands around the list: the buttons, and the links for all assets of it together.
const around = () => {
  part("list-actions").hidden = scans.length === 0;
  part("empty").hidden = scans.length > 0;
  const holder = part("together");
  holder.replaceChildren();
  const assets = new Map();
  for (const { told } of scans) if (told?.asset) assets.set(told.asset, told.tag);
  if (!page.dataset.edit || !assets.size) return;
  const all = [...assets];
  for (let first = 0; first < all.length; first += TOGETHER) {
    const some = all.slice(first, first + TOGETHER);
    const links = part("together-template").content.cloneNode(true);
    const link = (name, address, text) => {
      const one = links.querySelector(`[data-${name}]`);
      if (!one) return; // not for this role
      one.href = address;
      one.querySelector("span").textContent = text;
    };
    const query = new URLSearchParams(some.map(([id]) => ["id", id]));
    link("edit-link", `${page.dataset.edit}?${query}`, some.length === 1 ? "Edit or move this asset" : `Edit or move ${some.length} assets together`);
    const tags = new URLSearchParams({ tags: some.map(([, tag]) => tag).join(" ") });
    link("labels-link", `${page.dataset.labels}?${tags}`, some.length === 1 ? "Print its label" : `Print ${some.length} labels`);
    link("checks-link", `${page.dataset.checks}?${tags}`, "Record a check");
    link("steps-link", `${page.dataset.steps}?${tags}`, "Put into use or store");
    holder.append(links);
  }
};

const undo = () => {
  const scan = scans.pop();
  if (!scan) return;
  keep();
  const row = scan.told && rows.get(scan.told.key);
  if (row) {
    count(row, -1);
    if (row.times === 0) {
      row.element.remove();
      rows.delete(scan.told.key);
    }
  }
  announce(`Taken back: ${scan.text.slice(0, 80)}`);
  around();
  if (!scans.length) box.focus(); // the button is gone
};

const clear = () => {
  if (!window.confirm("Start a new list? What is in this one stays in the register, only the list goes.")) return;
  scans.length = 0;
  rows.clear();
  list.replaceChildren();
  keep();
  complain("");
  announce("A new list.");
  around();
  box.focus();
};

// Whole lines go; what has no end yet stays.
const take = (all) => {
  const lines = box.value.split(/\r\n|\r|\n/);
  box.value = all ? "" : lines.pop();
  lines.forEach((line) => add(line));
};

const takesText = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) ||
    (element.tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "file"].includes(element.type)));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || takesText(event.target)) return;
  if (event.key.length !== 1 || event.key === " ") return; // the space bar scrolls and presses buttons
  box.focus(); // the key that is being pressed now lands in the field
});

box.addEventListener("input", () => { if (/[\r\n]/.test(box.value)) take(false); });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  take(true);
  box.focus();
});
part("undo").addEventListener("click", undo);
part("clear").addEventListener("click", clear);

const sound = part("sound");
const soundShown = () => { sound.querySelector("span").textContent = wanted() ? "Sound: on" : "Sound: off"; };
sound.addEventListener("click", () => {
  want(!wanted());
  soundShown();
  play("found");
});
sound.hidden = false;
soundShown();

const camera = part("camera");
const cameraBox = part("camera-box");
const note = part("camera-note");
let stop = null;

const tell = (name) => {
  note.hidden = !name;
  note.querySelector("span").textContent = name ? words[name] : "";
};
const shown = (on) => {
  cameraBox.hidden = !on;
  photo.hidden = on; // what was found stands right below the picture
  camera.setAttribute("aria-expanded", String(on));
  camera.querySelector("span").textContent = on ? "Stop the camera" : "Use the camera";
};

camera.addEventListener("click", async () => {
  if (stop) return stop();
  camera.disabled = true;
  shown(true);
  stop = await look({
    video: cameraBox.querySelector("video"),
    address: cameraBox.dataset.frame,
    token,
    found: add,
    trouble: tell,
    ended: () => { stop = null; shown(false); },
  });
  camera.disabled = false;
  camera.focus();
  if (!stop) shown(false);
});
if (canUse()) camera.hidden = false;
else tell("insecure");

photo.addEventListener("submit", async (event) => {
  const [file] = photo.elements.photo.files;
  if (!file) return; // the server says what is missing
  event.preventDefault();
  try {
    const answer = await fetch(photo.action, {
      method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token }, body: new FormData(photo),
    });
    const body = await answer.json();
    if (!answer.ok) {
      announce(body.error.message);
      play("unknown");
      return;
    }
    body.codes.forEach((code) => add(code.text));
    photo.reset();
  } catch {
    complain("lost");
  }
});

window.addEventListener("pagehide", () => stop?.());
try {
  const before = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  if (Array.isArray(before)) before.filter((text) => typeof text === "string").forEach((text) => add(text, true));
} catch { /* what is kept is no list: begin with none */ }
try { // what was typed in the header's box while this page came, see scan.js
  const typed = JSON.parse(sessionStorage.getItem("caretaker-scan"));
  sessionStorage.removeItem("caretaker-scan");
  if (typed && typeof typed.text === "string" && Date.now() - typed.at < 3000) box.value = typed.text + box.value;
} catch { /* then there is nothing to take over */ }
take(false); // what was typed before this ran
around();
if (window.matchMedia("(pointer: fine)").matches) box.focus(); // on a telephone a keyboard would cover the page
