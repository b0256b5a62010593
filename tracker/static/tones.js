/* Short tones, made here, so that whoever scans need not look up. Each outcome differs in pitch and in rhythm. */
const TONES = { // [hertz, seconds from now, seconds long]
  found: [[1320, 0, 0.09]],
  warning: [[660, 0, 0.12], [660, 0.18, 0.12]],
  unknown: [[220, 0, 0.35]],
  again: [[1320, 0, 0.05], [990, 0.07, 0.07]],
};
const KEPT = "caretaker-sound";
let context = null;

export function wanted() {
  try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; }
}

export function want(on) {
  try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* then it lasts as long as the page */ }
}

// The browser lets a page sound only after somebody pressed something; until then it stays silent.
export function play(outcome) {
  if (!wanted() || !window.AudioContext) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  for (const [pitch, start, length] of TONES[outcome] ?? []) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = context.currentTime + start;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.2, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + length); // no click at the end
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
  }
}
