/**
 * The personal button as a device: one press is one (device, boot_id, seq), kept before it is sent, repeated until our
 * acknowledgement comes, then watched until somebody has seen it. No browser here: a test hands in the world.
 */
import {
  POSITION_WAIT_MS, PRESS_REPEAT_FIRST_MS, PRESS_REPEAT_MAX_MS, SEEN_POLLS_FAST, SEEN_POLL_MS, SEEN_POLL_SLOW_MS,
} from "../constants";

export type PressKind = "sos" | "medical" | "fire" | "violence" | "cancel" | "test";

export interface PressPosition {
  lon: number;
  lat: number;
  accuracy_m: number;
}

export interface Press {
  device: string;
  boot_id: number;
  seq: number;
  kind: PressKind;
  claimed_time: string;
  position: PressPosition | null;
  pin: string | null;
}

export interface Credential {
  device: string;
  secret: string;
}

/** What this phone remembers. A PIN is never in it: a cancellation lives only in memory. */
export interface Memory {
  credential: Credential | null;
  boot_id: number;
  seq: number;
  pending: Press | null;
  /** The last press whose lamp is lit, until it is cancelled or a new one is made. */
  lit: Press | null;
}

/** Status 0 means that no answer came. */
export interface PressAnswer {
  status: number;
  lamp: string;
  seen: boolean;
  /** Whether a cancellation's PIN was accepted: a wrong one is recorded too, and answered 2xx. */
  cancelled: boolean;
}

export interface World {
  now(): number;
  wait(ms: number): Promise<void>;
  post(press: Press, credential: Credential): Promise<PressAnswer>;
  askSeen(press: Press, credential: Credential): Promise<boolean>;
  position(): Promise<PressPosition | null>;
  remember(memory: Memory): void;
}

export type Said =
  | { state: "ready" }
  | { state: "sending" }
  | { state: "trying"; attempt: number }
  | { state: "lit"; isTest: boolean; isPlaced: boolean }
  | { state: "seen" }
  | { state: "refused" }
  | { state: "cancelled" }
  | { state: "cancel_trying" }
  | { state: "cancel_wrong" };

/** Wait after attempt number `attempt` (from 1). A phone is one device: no jitter is worth a second of delay here. */
export function repeatMs(attempt: number): number {
  return Math.min(PRESS_REPEAT_MAX_MS, PRESS_REPEAT_FIRST_MS * 2 ** Math.min(attempt - 1, 8));
}

const isAccepted = (answer: PressAnswer): boolean => answer.status >= 200 && answer.status < 300;
/** Only a credential that is not known ends the repeating: all else (no network, 503, a proxy's page) may pass. */
const isRefused = (answer: PressAnswer): boolean => answer.status === 401;

export class Ringer {
  private isBusy = false;
  private isCancelling = false;
  /** Number of the watch under way; a newer one makes it stop. */
  private watching = 0;

  private told: Said["state"] = "ready";

  constructor(private memory: Memory, private readonly world: World, private readonly show: (said: Said) => void) {}

  get credential(): Credential | null {
    return this.memory.credential;
  }

  enrol(credential: Credential): void {
    this.keep({ ...this.memory, credential });
  }

  /** After a reload: go on with what was under way. */
  async resume(): Promise<void> {
    const { pending, lit } = this.memory;
    if (pending) {
      this.say({ state: "sending" });
      this.isBusy = true;
      await this.ring(pending).finally(() => { this.isBusy = false; });
    } else if (lit) {
      this.say({ state: "lit", isTest: false, isPlaced: lit.position !== null });
      await this.watch(lit);
    }
  }

  /** The big button. While one call is still leaving, pressing again makes no second call. */
  async press(kind: Exclude<PressKind, "cancel">): Promise<void> {
    if (!this.memory.credential || this.isBusy) return;
    this.isBusy = true;
    try {
      this.say({ state: "sending" });
      const press = this.make(kind, null);
      this.keep({ ...this.memory, pending: press });
      const asking = kind === "test" ? Promise.resolve(null) : this.world.position().catch(() => null);
      const early = await Promise.race([asking, this.world.wait(POSITION_WAIT_MS).then(() => null)]);
      const full = { ...press, position: early };
      this.keep({ ...this.memory, pending: full });
      if ((await this.ring(full)) && early === null) void this.complete(full, asking);
    } finally {
      this.isBusy = false;
    }
  }

  /** Cancel the last call. A right PIN and a duress PIN are answered alike and shown alike. */
  async cancel(pin: string): Promise<void> {
    const { credential } = this.memory;
    if (!credential || this.isCancelling) return;
    this.isCancelling = true;
    const press = this.make("cancel", pin);
    try {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await this.world.post(press, credential);
        if (isAccepted(answer) && answer.cancelled) {
          this.watching += 1;
          this.keep({ ...this.memory, lit: null });
          this.say({ state: "cancelled" });
          return;
        }
        if (isRefused(answer) || (isAccepted(answer) && answer.lamp === "lit")) {
          this.say({ state: "cancel_wrong" });
          return;
        }
        this.say({ state: "cancel_trying" });
        await this.world.wait(repeatMs(attempt));
      }
    } finally {
      this.isCancelling = false;
    }
  }

  /** A new press; its number is kept before anything is sent, so that no number is ever used twice. */
  private make(kind: PressKind, pin: string | null): Press {
    const { credential, boot_id, seq } = this.memory;
    this.keep({ ...this.memory, seq: seq + 1 });
    return {
      device: credential?.device ?? "", boot_id, seq: seq + 1, kind, claimed_time: new Date(this.world.now()).toISOString(),
      position: null, pin,
    };
  }

  /** Repeat the same press until the server has it. True when its lamp is lit. */
  private async ring(press: Press): Promise<boolean> {
    const { credential } = this.memory;
    if (!credential) return false;
    this.watching += 1;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.world.post(press, credential);
      if (isAccepted(answer) && answer.lamp === "lit") {
        this.light(press, answer.seen);
        return true;
      }
      if (isRefused(answer)) {
        this.keep({ ...this.memory, pending: null });
        this.say({ state: "refused" });
        return false;
      }
      this.say({ state: "trying", attempt });
      await this.world.wait(repeatMs(attempt));
    }
  }

  private light(press: Press, isSeen: boolean): void {
    const isTest = press.kind === "test";
    this.keep({ ...this.memory, pending: null, lit: isTest ? null : press });
    this.say(isSeen && !isTest ? { state: "seen" } : { state: "lit", isTest, isPlaced: isTest || press.position !== null });
    if (!isSeen && !isTest) void this.watch(press);
  }

  /** A position found after the call left completes it under the same number, repeated until it has arrived. */
  private async complete(press: Press, asking: Promise<PressPosition | null>): Promise<void> {
    const position = await asking;
    const { credential } = this.memory;
    if (!position || !credential) return;
    for (let attempt = 1; this.memory.lit?.seq === press.seq; attempt += 1) {
      const answer = await this.world.post({ ...press, position }, credential);
      if (isAccepted(answer)) {
        this.keep({ ...this.memory, lit: { ...press, position } });
        if (this.told === "lit") this.say({ state: "lit", isTest: false, isPlaced: true });
        return;
      }
      if (isRefused(answer)) return;
      await this.world.wait(repeatMs(attempt));
    }
  }

  /** Ask until somebody has seen it; a newer press or a cancellation ends the asking. */
  private async watch(press: Press): Promise<void> {
    const { credential } = this.memory;
    if (!credential) return;
    this.watching += 1;
    const mine = this.watching;
    for (let asked = 0; mine === this.watching; asked += 1) {
      const isSeen = await this.world.askSeen(press, credential);
      if (mine !== this.watching) return;
      if (isSeen) {
        this.say({ state: "seen" });
        return;
      }
      await this.world.wait(asked < SEEN_POLLS_FAST ? SEEN_POLL_MS : SEEN_POLL_SLOW_MS);
    }
  }

  private say(said: Said): void {
    this.told = said.state;
    this.show(said);
  }

  private keep(memory: Memory): void {
    this.memory = memory;
    this.world.remember(memory);
  }
}
