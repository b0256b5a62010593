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
  trouble.textContent = "The connection is lost. Still trying; what runs at the station runs on.";
  region.before(announcer, trouble);
  let said = announced(region);

  const again = () => window.setTimeout(refresh, EVERY);

  async function refresh() {
    if (document.hidden || region.querySelector("details[open]") || region.contains(document.activeElement)) {
      return again(); // somebody is about to press something: do not pull it away
    }
    try {
      const answer = await fetch(region.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      region.innerHTML = await answer.text();
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

function announced(region) {
  const line = region.querySelector("[data-announce]");
  return line ? line.textContent.replace(/\s+/g, " ").trim() : "";
}
