/** The live picture of a strip: asked for, shown, and taken off the page as soon as it may no longer be seen. */
import { PICTURE_ASK_MS, PICTURE_ASK_TIMEOUT_MS } from "../constants";
import { setText } from "../dom";
import { t, type WordKey } from "../words";
import { WhepPlayer } from "./whep";

/** What each refusal of the live process says in the place of the picture. */
const REFUSED: Readonly<Record<string, WordKey>> = {
  picture_not_authorised: "picture.not_authorised",
  no_authorisation: "picture.not_authorised",
  authorisation_revoked: "picture.not_authorised",
  authorisation_expired: "picture.not_authorised",
  authorisation_not_yet: "picture.not_authorised",
  picture_off_scene: "pilot.picture_off",
  not_told: "picture.not_told",
  camera_silent: "picture.silent",
  camera_missing: "picture.missing",
  camera_address: "picture.missing",
};

export function wordOf(rule: string): WordKey {
  return REFUSED[rule] ?? "picture.refused";
}

class Picture {
  private timer = 0;
  private isAsking = false;
  private player: WhepPlayer | null = null;

  constructor(
    private readonly image: HTMLImageElement, private readonly video: HTMLVideoElement | null, private readonly absent: HTMLElement | null,
  ) {
    // A camera that stops between two questions: the next one tries again.
    image.addEventListener("error", () => {
      if (image.hasAttribute("src")) this.hide(t("picture.silent"));
    });
  }

  draw(isOnScene: boolean): void {
    if (!isOnScene) {
      if (this.timer !== 0 || this.image.hasAttribute("src")) this.leave();
    } else if (this.timer === 0) {
      this.timer = window.setInterval(() => void this.ask(), PICTURE_ASK_MS);
      void this.ask();
    }
  }

  /** A stream that ended leaves its last frame standing, so that the page asks whether there is still one. */
  private async ask(): Promise<void> {
    if (!this.image.isConnected) {
      this.leave();
      return;
    }
    if (this.isAsking) return;
    this.isAsking = true;
    try {
      const answer = await fetch(`${this.source}/may`, {
        credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PICTURE_ASK_TIMEOUT_MS),
      });
      const said = (await answer.json()) as { rule?: string; kind?: string };
      if (this.timer === 0 || answer.status >= 500) return;
      if (answer.ok && said.kind === "whep") this.play();
      else if (answer.ok) this.show();
      else this.hide(t(wordOf(said.rule ?? "")));
    } catch {
      // No network: the line about the connection says so.
    } finally {
      this.isAsking = false;
    }
  }

  private leave(): void {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.hide(t("pilot.picture_off"));
  }

  private get source(): string {
    return this.image.dataset["picture"] ?? "";
  }

  private show(): void {
    if (this.image.getAttribute("src") !== this.source) this.image.src = this.source;
    this.image.hidden = false;
    if (this.absent) this.absent.hidden = true;
  }

  private play(): void {
    if (this.player || !this.video) return;
    this.video.muted = true; // a browser starts no film with sound by itself, and there is none
    this.player = new WhepPlayer(this.source.replace("/live/picture/", "/live/whep/"), this.video, () => this.hide(t("picture.silent")));
    this.video.hidden = false;
    if (this.absent) this.absent.hidden = true;
  }

  /** Off the network, not merely out of sight. */
  private hide(said: string): void {
    if (this.image.hasAttribute("src")) this.image.removeAttribute("src");
    this.image.hidden = true;
    this.player?.stop();
    this.player = null;
    if (this.video) {
      this.video.srcObject = null;
      this.video.hidden = true;
    }
    if (!this.absent) return;
    setText(this.absent, said);
    this.absent.hidden = false;
  }
}

const PICTURES = new WeakMap<HTMLImageElement, Picture>();

/** Show the picture of a strip while its drone is on scene. Call it whenever the strip is drawn. */
export function drawPicture(strip: HTMLElement, isOnScene: boolean): void {
  const image = strip.querySelector<HTMLImageElement>("img[data-picture]");
  if (!image) return;
  let picture = PICTURES.get(image);
  if (!picture) {
    picture = new Picture(image, strip.querySelector("video[data-picture-video]"), strip.querySelector("[data-picture-off]"));
    PICTURES.set(image, picture);
  }
  picture.draw(isOnScene);
}
