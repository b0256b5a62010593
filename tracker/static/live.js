/* Keeps a region of a page fresh: <div data-live="ADDRESS">. The server sends the same HTML that it put there first.
   Without scripts the page reloads itself, so nothing here is needed, only nicer. */
"use strict";

const EVERY = 1000; // milliseconds

for (const region of document.querySelectorAll("[data-live]")) {
  const announcer = document.createElement("div");
  announcer.setAttribute("role", "status");
  announcer.className = "visually-hidden";
  const trouble = document.createElement("p");
  trouble.className = "notice notice-warning";
  trouble.hidden = true;
  trouble.textContent = "The connection is lost. Still trying; what runs at the station runs on. If it stays so, reload the page and sign in.";
  region.before(announcer, trouble);
  let said = announced(region);

  const again = () => window.setTimeout(refresh, EVERY);

  async function refresh() {
    if (document.hidden || busy(region)) return again();
    try {
      const answer = await fetch(region.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = await answer.text();
      if (busy(region)) return again(); // it became so while the answer was on its way
      replace(region, fresh);
      trouble.hidden = true;
    } catch {
      trouble.hidden = false;
      return again();
    }
    const now = announced(region);
    if (now !== said) announcer.textContent = said = now;
    if (region.querySelector("[data-over]")) {
      if ("reloadWhenOver" in region.dataset) window.location.reload(); // the parts around it have changed, too
      return;
    }
    again();
  }

  again();
}

// Somebody is about to type or to press something: do not pull it away.
function busy(region) {
  return region.querySelector("details[open], :is(input, select, textarea, button):focus") !== null;
}

// Put the new content in; whoever had a link or a summary in focus still has it.
function replace(region, fresh) {
  const had = region.contains(document.activeElement) ? told(document.activeElement) : null;
  region.innerHTML = fresh;
  if (had === null) return;
  for (const one of region.querySelectorAll("a[href], summary")) {
    if (told(one) === had) return one.focus({ preventScroll: true });
  }
}

function told(element) {
  return element.getAttribute("href") ?? element.textContent.trim();
}

function announced(region) {
  const line = region.querySelector("[data-announce]");
  return line ? line.textContent.replace(/\s+/g, " ").trim() : "";
}
