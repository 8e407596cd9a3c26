// What a person does and sees in a one-to-one call.
//
// A page that is to be looked into needs `listenIn` before it is opened: it keeps the page's
// connections, so that the sound which arrives can be measured.

import { expect, type Locator, type Page } from "@playwright/test";
import type { Room } from "./class.ts";

/** The panel of a call. */
export class Call {
  constructor(readonly room: Pick<Room, "page" | "name">) {}

  get page(): Page {
    return this.room.page;
  }

  get panel(): Locator {
    return this.page.getByRole("region", { name: "Call", exact: true });
  }

  button(name: string): Locator {
    return this.panel.getByRole("button", { name, exact: true });
  }

  async tap(name: string): Promise<void> {
    await this.button(name).click();
  }

  /** The panel says this. */
  async says(words: string | RegExp): Promise<void> {
    await expect(this.panel, `what ${this.room.name} reads`).toContainText(words);
  }

  async isGone(): Promise<void> {
    await expect(this.panel).toBeHidden();
  }

  /** Both hear and see each other, as far as this end goes. */
  async isConnected(): Promise<void> {
    await expect(this.button("Hang up")).toBeVisible();
    await expect(this.panel.locator(".call-state")).toHaveText(/^( Muted at the other end\.)?$/);
    await expect(this.panel).toHaveAttribute("data-phase", "talking");
  }

  /** Pictures of the other end arrive, and move on. */
  async sees(): Promise<void> {
    const frames = () =>
      this.panel.locator("video.theirs").evaluate((it) => {
        const video = it as HTMLVideoElement;
        return video.videoWidth > 0 ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
      });
    await expect(this.panel.getByLabel("The other end")).toBeVisible();
    await expect.poll(frames, { message: `the pictures that ${this.room.name} sees` }).toBeGreaterThan(0);
    const before = await frames();
    await expect
      .poll(frames, { message: `the pictures that ${this.room.name} sees, later` })
      .toBeGreaterThan(before + 5);
  }

  /** No sound of the other end arrives, though the line stands. */
  async hearsNothing(): Promise<void> {
    let before = await soundIn(this.page);
    const silence = async () => {
      const now = await soundIn(this.page);
      const isSilent = now.energy - before.energy < 1e-6;
      // Half a second of packets, one every 20 ms, that carry nothing.
      const packets = isSilent ? now.packets - before.packets : 0;
      if (!isSilent) before = now;
      return packets;
    };
    await expect
      .poll(silence, { message: `the silent packets that ${this.room.name} gets in a row` })
      .toBeGreaterThan(25);
  }

  /** The microphone and the camera are let go of. */
  async hasLetGo(): Promise<void> {
    const live = () =>
      this.page.evaluate(
        () => (window.opened ?? []).flatMap((it) => it.getTracks()).filter((it) => it.readyState === "live").length,
      );
    await expect.poll(live, { message: `the devices that ${this.room.name} holds` }).toBe(0);
    expect(await this.page.evaluate(() => (window.opened ?? []).length)).toBeGreaterThan(0);
  }

  /** Sound of the other end arrives: energy, not only packets. */
  async hears(): Promise<void> {
    const energy = async () => (await soundIn(this.page)).energy;
    const before = await energy();
    await expect
      .poll(energy, { message: `the sound that ${this.room.name} hears` })
      .toBeGreaterThan(before);
  }
}

declare global {
  interface Window {
    /** The connections that the page has made. */
    connections?: RTCPeerConnection[];
    /** The streams that it has opened. */
    opened?: MediaStream[];
    /** Grants the devices that it waits for. */
    grant?: () => void;
  }
}

/** Keeps the connections of a page. */
export async function listenIn(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const connections: RTCPeerConnection[] = [];
    window.connections = connections;
    const Original = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        connections.push(this);
      }
    };
    // The empty page that a tab begins with has no devices.
    if (!window.isSecureContext) return;
    const opened: MediaStream[] = [];
    window.opened = opened;
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      opened.push(stream);
      return stream;
    };
  });
}

/** Leaves a page no way to another one: what it is told of such ways is lost. */
export async function loseWays(page: Page): Promise<void> {
  await page.addInitScript(() => {
    RTCPeerConnection.prototype.addIceCandidate = async () => {};
  });
}

/** Has the page's browser ask for the devices until `window.grant` is called. */
export async function askFirst(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const granted = new Promise<void>((resolve) => {
      window.grant = resolve;
    });
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => granted.then(() => open(wanted));
  });
}

/** The sound that has arrived by the newest connection. */
function soundIn(page: Page): Promise<{ energy: number; packets: number }> {
  return page.evaluate(async () => {
    const sound = { energy: 0, packets: 0 };
    for (const report of (await window.connections?.at(-1)?.getStats())?.values() ?? []) {
      if (report.type === "inbound-rtp" && report.kind === "audio") {
        sound.energy += report.totalAudioEnergy ?? 0;
        sound.packets += report.packetsReceived ?? 0;
      }
    }
    return sound;
  });
}
