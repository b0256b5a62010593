/* The scan box. A wedge scanner types like a very fast keyboard and ends with Enter; it does not look where the cursor
   is. Three things, none of which the page needs to work:
   1. what is typed outside of any field goes into the box;
   2. Enter empties the box at once, so that the next scan stands alone, and leads on only once the scanner is quiet:
      a page that changes in the middle of a scan would swallow a part of it. One scan opens its thing; several go to
      the list of scans, all of them;
   3. what was typed while the next page came is taken over to it.
   A few hundredths of a second remain, while one page replaces the other, in which a scan would be cut short. The tag's
   check character tells: such a scan is refused, never taken for another. */
"use strict";
(() => {
  const form = document.querySelector("form[data-scan]");
  if (!form) return;
  const box = form.elements.q;
  const KEPT = "caretaker-scan"; // what stands in the box, and since when
  const FRESH = 3000; // milliseconds; older text was meant for the page that it was typed on
  const QUIET = 150; // milliseconds; scanners leave at most 50 between two characters
  const BURST = 1000; // milliseconds, once several came: then more are likely, and nobody waits for a certain page
  const LIST = `caretaker-scans-${form.dataset.person}`; // where scanning.js keeps its list
  const scanned = []; // what leads on once it is quiet
  let timer = 0;

  const keep = () => {
    try {
      if (box.value) sessionStorage.setItem(KEPT, JSON.stringify({ text: box.value, at: Date.now() }));
      else sessionStorage.removeItem(KEPT);
    } catch { /* storage may be switched off: then only the third thing is missing */ }
  };

  const takeOver = () => {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(KEPT));
      sessionStorage.removeItem(KEPT);
    } catch { return; }
    if (!kept || typeof kept.text !== "string" || Date.now() - kept.at > FRESH) return;
    box.value = kept.text.slice(0, 512) + box.value;
    box.focus();
    keep();
  };

  const takesText = (element) =>
    element instanceof HTMLElement &&
    (element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName) ||
      (element.tagName === "INPUT" && !["checkbox", "radio", "button", "submit", "file"].includes(element.type)));

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || takesText(event.target)) return;
    if (event.key.length !== 1 || event.key === " ") return; // the space bar scrolls and presses buttons
    box.value = "";
    box.focus(); // the key that is being pressed now lands in the box
  });

  box.addEventListener("input", keep);

  const handOver = () => {
    try {
      const list = JSON.parse(sessionStorage.getItem(LIST) ?? "[]");
      sessionStorage.setItem(LIST, JSON.stringify([...list, ...scanned]));
      return true;
    } catch { return false; } // then the last one is shown
  };

  const leadOn = () => {
    const last = scanned[scanned.length - 1];
    const several = scanned.some((text) => text !== last) && handOver();
    window.location.assign(form.action + (several ? "" : "?q=" + encodeURIComponent(last)));
  };

  const wait = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(leadOn, scanned.length > 1 ? BURST : QUIET);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    keep();
    box.focus(); // the next scan may come before the next page
    if (!text.trim()) return;
    scanned.push(text);
    wait();
  });

  document.addEventListener("keydown", () => { if (scanned.length) wait(); }, true);

  window.addEventListener("pageshow", (event) => { if (event.persisted) { box.value = ""; scanned.length = 0; } });
  takeOver();
})();
