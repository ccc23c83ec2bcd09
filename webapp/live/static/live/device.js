// The camera itself: opened, switched, closed, and why it could not be.

const TROUBLE = { NotAllowedError: "blocked", SecurityError: "blocked", NotReadableError: "busy", AbortError: "busy" };
const OTHER = { environment: "user", user: "environment" };

export class Device {
  constructor(video, onGone) {
    Object.assign(this, { video, onGone, facing: "environment", id: "", several: [] });
  }

  // "" when it is open, else the word of the sentence that says why not.
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) return isSecureContext ? "none" : "insecure";
    this.close();
    const which = this.id ? { deviceId: { exact: this.id } } : { facingMode: { ideal: this.facing } };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } }, audio: false });
      await this.show(stream);
    } catch (error) {
      this.close();
      return TROUBLE[error.name] ?? "none";
    }
    return "";
  }

  async show(stream) {
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.video.srcObject === stream && this.onGone());
    this.video.srcObject = stream;
    await this.video.play();
    const { facingMode, deviceId } = track.getSettings();
    this.using = deviceId;
    this.facing = facingMode ?? this.facing;
    // A mirror, as people know it of the camera that looks at them; what is sent is not mirrored.
    this.video.classList.toggle("mirrored", facingMode === "user");
    this.several = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  }

  // The next camera: the other side of a phone, or the next of a computer.
  flip() {
    const at = this.several.findIndex((device) => device.deviceId === this.using);
    const knowsSides = Boolean(this.video.srcObject?.getVideoTracks()[0].getSettings().facingMode);
    this.facing = OTHER[this.facing];
    this.id = knowsSides ? "" : this.several[(at + 1) % this.several.length]?.deviceId ?? "";
    return this.open();
  }

  close() {
    this.video.srcObject?.getTracks().forEach((track) => track.stop());
    this.video.srcObject = null;
  }

  get isOn() {
    return this.video.videoWidth > 0 && Boolean(this.video.srcObject);
  }
}
