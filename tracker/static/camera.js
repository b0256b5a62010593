/* The page's camera: one frame at a time goes to the server, which reads it. By turns the whole picture, and its middle
   at the camera's own resolution, where small codes are read better. */
const PACE = 150; // milliseconds from frame to frame, at least
const SENT = { width: 1280, height: 720 }; // pixels of a frame at most
const MIDDLE = { width: 960, height: 540 };
const OUT_OF_SIGHT = 2000; // milliseconds after which the same label counts as scanned again
const WANTED = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } },
};

export function canUse() {
  return Boolean(window.isSecureContext && navigator.mediaDevices?.getUserMedia);
}

// Begin to look. `found(text)` is called for every code that comes into sight, `trouble(name)` with what went wrong:
// denied, none, busy, lost, signedOut or refused, and "" when all is well again. Gives a function that stops.
export async function look({ video, address, token, found, trouble, ended }) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    trouble({ NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none" }[error.name] ?? "busy");
    return null;
  }
  const [track] = stream.getVideoTracks();
  if (track.getCapabilities?.().focusMode?.includes("continuous")) {
    track.applyConstraints({ advanced: [{ focusMode: "continuous" }] }).catch(() => {});
  }
  video.srcObject = stream;
  await video.play().catch(() => {});

  const canvas = document.createElement("canvas");
  const inSight = new Map(); // text of a code: when it was seen last
  const once = new Set(); // codes without a check character that were seen a single time
  let running = true;
  let turn = 0;

  const stop = () => {
    if (!running) return;
    running = false;
    document.removeEventListener("visibilitychange", hidden);
    for (const one of stream.getTracks()) one.stop();
    video.srcObject = null;
    ended();
  };
  const hidden = () => { if (document.hidden) stop(); }; // nobody is filmed by a page that nobody looks at
  document.addEventListener("visibilitychange", hidden);
  track.addEventListener("ended", () => { trouble("busy"); stop(); });

  const frame = () => {
    const { videoWidth: width, videoHeight: height } = video;
    const middle = turn++ % 2 === 1 && width > MIDDLE.width && height > MIDDLE.height;
    const part = middle ? MIDDLE : { width, height };
    const scale = middle ? 1 : Math.min(1, SENT.width / Math.max(width, height), SENT.width / width);
    canvas.width = Math.round(part.width * scale);
    canvas.height = Math.round(part.height * scale);
    canvas.getContext("2d").drawImage(video, (width - part.width) / 2, (height - part.height) / 2,
      part.width, part.height, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  };

  const seen = (codes) => {
    const now = Date.now();
    for (const { text, sure } of codes) {
      const last = inSight.get(text);
      if (!sure && last === undefined && !once.has(text)) { once.add(text); continue; }
      inSight.set(text, now);
      if (last === undefined || now - last > OUT_OF_SIGHT) found(text);
    }
  };

  // How long to wait before the next frame, in milliseconds.
  const send = async () => {
    if (!video.videoWidth) return 20; // the first picture has not come yet
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "image/jpeg", Accept: "application/json", "X-CSRFToken": token },
      body: await frame(),
    });
    if (!running) return 0;
    if (answer.status === 401) { trouble("signedOut"); stop(); return 0; }
    if (answer.status === 400) { trouble("refused"); stop(); return 0; }
    if (answer.ok) { trouble(""); seen((await answer.json()).codes); return PACE; }
    return 2000; // too many, or the server is busy
  };

  const loop = async () => {
    while (running) {
      const began = performance.now();
      let pause = 2000;
      try { pause = await send(); } catch { if (running) trouble("lost"); }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, pause - (performance.now() - began))));
    }
  };
  loop();
  return stop;
}
