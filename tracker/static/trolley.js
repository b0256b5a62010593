/* The return of a trolley: the list of scans (scanning.js) goes along with the button, and ends once it is taken back. */
const page = document.querySelector("[data-scanning]");
const form = document.querySelector("[data-trolley]");
const KEPT = `caretaker-scans-${page.dataset.person}`; // as scanning.js names it

try {
  if ("done" in page.dataset) sessionStorage.removeItem(KEPT);
} catch { /* then there is no list either */ }
form.hidden = false;
form.addEventListener("submit", () => {
  try {
    form.elements.codes.value = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]").join("\n");
  } catch { /* the server says that nothing comes back */ }
});
