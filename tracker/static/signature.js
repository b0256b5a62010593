/* The signature pad: a finger, a pen or a mouse draws on the canvas; what is drawn goes along with the form as a PNG.
   Without scripts the pad stays hidden and the typed name signs. */
"use strict";
(() => {
  for (const pad of document.querySelectorAll("[data-signature]")) {
    const canvas = pad.querySelector("canvas");
    const sent = pad.querySelector("input[name=drawn]");
    const state = pad.querySelector("[role=status]");
    const ink = canvas.getContext("2d");
    let last = null;
    pad.hidden = false;

    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [
        ((event.clientX - box.left) * canvas.width) / box.width,
        ((event.clientY - box.top) * canvas.height) / box.height,
      ];
    };
    const clear = () => {
      ink.fillStyle = "white";
      ink.fillRect(0, 0, canvas.width, canvas.height);
      ink.lineWidth = 3;
      ink.lineCap = "round";
      sent.value = "";
      state.textContent = "Nothing is drawn yet.";
    };
    const end = () => {
      if (last === null) return;
      last = null;
      sent.value = canvas.toDataURL("image/png");
      state.textContent = "The signature is drawn.";
    };

    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      last = at(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (last === null) return;
      const next = at(event);
      ink.beginPath();
      ink.moveTo(...last);
      ink.lineTo(...next);
      ink.stroke();
      last = next;
    });
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    pad.querySelector("[data-clear]").addEventListener("click", clear);
    clear();
  }
})();
