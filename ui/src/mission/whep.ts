/** A picture by WebRTC: one offer posted, one answer back (WHEP), and the session deleted when it is over. */
import { ICE_GATHER_MS, PICTURE_ASK_TIMEOUT_MS } from "../constants";

/** The offer goes out whole: addresses found later would need a second request. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") resolve();
    const timer = window.setTimeout(resolve, ICE_GATHER_MS);
    peer.addEventListener("icegatheringstatechange", () => {
      if (peer.iceGatheringState !== "complete") return;
      window.clearTimeout(timer);
      resolve();
    });
  });
}

export class WhepPlayer {
  private readonly peer = new RTCPeerConnection();
  private session = "";
  private isStopped = false;

  /** `failed` is called once if no picture comes, or if it stops coming. */
  constructor(private readonly url: string, video: HTMLVideoElement, private readonly failed: () => void) {
    this.peer.addTransceiver("video", { direction: "recvonly" });
    this.peer.addEventListener("track", (event) => {
      video.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    });
    this.peer.addEventListener("connectionstatechange", () => {
      if (this.peer.connectionState === "failed") this.fail();
    });
    void this.start().catch(() => this.fail());
  }

  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.peer.close();
    if (this.session) void fetch(this.session, { method: "DELETE", credentials: "same-origin", keepalive: true }).catch(() => undefined);
  }

  private async start(): Promise<void> {
    await this.peer.setLocalDescription(await this.peer.createOffer());
    await gathered(this.peer);
    const answer = await fetch(this.url, {
      method: "POST", credentials: "same-origin", cache: "no-store", headers: { "Content-Type": "application/sdp" },
      body: this.peer.localDescription?.sdp ?? "", signal: AbortSignal.timeout(PICTURE_ASK_TIMEOUT_MS * 2),
    });
    if (answer.status !== 201) throw new Error(`no session: ${answer.status}`);
    this.session = answer.headers.get("Location") ?? "";
    const sdp = await answer.text();
    if (this.isStopped) {
      // Left while the camera answered: the session it opened is ended all the same.
      this.isStopped = false;
      this.stop();
      return;
    }
    await this.peer.setRemoteDescription({ type: "answer", sdp });
  }

  private fail(): void {
    if (this.isStopped) return;
    this.stop();
    this.failed();
  }
}
