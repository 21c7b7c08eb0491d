/** Three sounds, made here, one at a time. A mute always shows and ends by itself. */
import { MUTE_MS } from "../constants";

export type Sound = "new_call" | "escalation" | "offer";

/** Frequency in Hz and length in ms of each tone; 0 Hz is silence. Between 500 and 1500 Hz, where a room of consoles is
 * heard without being shrill. */
const TONES: Record<Sound, readonly (readonly [frequency_hz: number, length_ms: number])[]> = {
  new_call: [[660, 140], [0, 40], [880, 220]],
  escalation: [[880, 120], [0, 60], [880, 120], [0, 60], [660, 260]],
  offer: [[740, 90], [0, 50], [990, 90], [0, 50], [1240, 200]],
};
const URGENCY: readonly Sound[] = ["new_call", "escalation", "offer"];
const GAIN = 0.18;
const GAP_MS = 150;
const MUTE_KEY = "nec-muted-until";

export class Speaker {
  private context: AudioContext | null = null;
  private playingUntilMs = 0;
  private waiting: Sound | null = null;

  constructor() {
    // Browsers allow sound only after a gesture: the first key or click of the shift that they count as one opens it,
    // which Shift or Escape alone are not.
    window.addEventListener("pointerdown", this.open);
    window.addEventListener("keydown", this.open);
  }

  get isOpen(): boolean {
    return this.context?.state === "running";
  }

  get mutedForMs(): number {
    return Math.max(0, Number(localStorage.getItem(MUTE_KEY) ?? 0) - Date.now());
  }

  toggleMute(): void {
    localStorage.setItem(MUTE_KEY, String(this.mutedForMs > 0 ? 0 : Date.now() + MUTE_MS));
  }

  private readonly open = (): void => {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") void this.context.resume();
    if (!this.isOpen) return;
    window.removeEventListener("pointerdown", this.open);
    window.removeEventListener("keydown", this.open);
  };

  /** Play now, or after the one playing; of several waiting only the most urgent is kept. */
  play(sound: Sound): void {
    if (this.mutedForMs > 0 || !this.context || this.context.state !== "running") return;
    const now = performance.now();
    if (now < this.playingUntilMs) {
      if (this.waiting === null) window.setTimeout(() => this.playWaiting(), this.playingUntilMs - now + GAP_MS);
      if (this.waiting === null || URGENCY.indexOf(sound) > URGENCY.indexOf(this.waiting)) this.waiting = sound;
      return;
    }
    this.playingUntilMs = now + sing(this.context, sound);
  }

  private playWaiting(): void {
    const sound = this.waiting;
    this.waiting = null;
    if (sound) this.play(sound);
  }
}

/** Schedules the tones and returns their whole length in ms. */
function sing(context: AudioContext, sound: Sound): number {
  let at_s = context.currentTime;
  let whole_ms = 0;
  for (const [frequency_hz, length_ms] of TONES[sound]) {
    const end_s = at_s + length_ms / 1000;
    if (frequency_hz > 0) {
      const voice = context.createOscillator();
      const volume = context.createGain();
      voice.frequency.value = frequency_hz;
      volume.gain.setValueAtTime(0, at_s);
      volume.gain.linearRampToValueAtTime(GAIN, at_s + 0.012);
      volume.gain.setValueAtTime(GAIN, end_s - 0.02);
      volume.gain.linearRampToValueAtTime(0, end_s);
      voice.connect(volume).connect(context.destination);
      voice.start(at_s);
      voice.stop(end_s);
    }
    at_s = end_s;
    whole_ms += length_ms;
  }
  return whole_ms;
}
