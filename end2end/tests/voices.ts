// What a person does and hears in a class with voice. Each has a microphone with a tone of its own, so
// that a test hears who is heard.

import { expect, type Locator, type Page } from "@playwright/test";
import { type Room, Student, Teacher } from "./class.ts";

/** The tones that microphones have, in Hz. */
export const TONES = [600, 1_000, 1_500, 2_000, 2_500] as const;

declare global {
  interface Window {
    /** The page's connections. */
    lines?: RTCPeerConnection[];
    /** What its microphones have been opened as. */
    microphones?: MediaStream[];
    /** Which tones are heard, of these. */
    hearTones?: (tones: readonly number[]) => Promise<number[]>;
    /** A refusal instead of a microphone. */
    refusal?: string;
  }
}

/** Gives a page a microphone with a tone; before it is opened. */
export async function giveTone(page: Page, tone: number): Promise<void> {
  await page.addInitScript((hz) => {
    const lines: RTCPeerConnection[] = (window.lines = []);
    const Native = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Native {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        lines.push(this);
      }
    };
    window.microphones = [];
    navigator.mediaDevices.getUserMedia = async (wish) => {
      if (window.refusal) throw new DOMException("no", window.refusal);
      // A tone, unlike a voice, takes a gesture.
      while (!navigator.userActivation.hasBeenActive) await new Promise(requestAnimationFrame);
      const context = new AudioContext();
      await context.resume();
      const oscillator = context.createOscillator();
      oscillator.frequency.value = hz;
      const loudness = context.createGain();
      loudness.gain.value = 0.4;
      const out = context.createMediaStreamDestination();
      oscillator.connect(loudness).connect(out);
      oscillator.start();
      if (wish?.video) {
        const canvas = document.createElement("canvas");
        const paper = canvas.getContext("2d");
        setInterval(() => {
          if (!paper) return;
          paper.fillStyle = `hsl(${performance.now() / 10} 80% 50%)`;
          paper.fillRect(0, 0, canvas.width, canvas.height);
        }, 50);
        for (const track of canvas.captureStream(15).getVideoTracks()) out.stream.addTrack(track);
      }
      window.microphones?.push(out.stream);
      return out.stream;
    };
    let context: AudioContext | undefined;
    const ears = new Map<MediaStreamTrack, AnalyserNode>();
    window.hearTones = async (tones) => {
      if (!navigator.userActivation.hasBeenActive) return [];
      context ??= new AudioContext();
      await context.resume();
      const open = lines.filter((line) => line.connectionState === "connected");
      const all = open.flatMap((line) => line.getReceivers().map(({ track }) => track));
      const tracks = all.filter(({ kind }) => kind === "audio");
      for (const track of tracks) {
        if (ears.has(track)) continue;
        const ear = context.createAnalyser();
        ear.fftSize = 4_096;
        ear.smoothingTimeConstant = 0;
        context.createMediaStreamSource(new MediaStream([track])).connect(ear);
        ears.set(track, ear);
      }
      // As long as a reading is wide, so that what has ended is out of it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const levels = new Float32Array(2_048);
      const heard = new Set<number>();
      for (const track of tracks) {
        const ear = ears.get(track);
        if (!ear) continue;
        ear.getFloatFrequencyData(levels);
        const level = (hz: number) => {
          const at = Math.round((hz * ear.fftSize) / context!.sampleRate);
          return Math.max(...levels.slice(at - 1, at + 2));
        };
        for (const hz of tones) if (level(hz) > -50) heard.add(hz);
      }
      return [...heard].sort((one, other) => one - other);
    };
  }, tone);
}

/** Somebody with a microphone of their own tone. */
export class Voiced<R extends Room = Room> {
  constructor(
    readonly room: R,
    readonly tone: number,
  ) {}

  get page(): Page {
    return this.room.page;
  }

  get bar(): Locator {
    return this.page.getByRole("region", { name: "Voice", exact: true });
  }

  button(name: string): Locator {
    return this.bar.getByRole("button", { name, exact: true });
  }

  async tap(name: string): Promise<void> {
    await this.room.press(this.button(name));
  }

  /** Taps what one seldom needs. */
  async choose(name: string): Promise<void> {
    await this.tap("Sound");
    await this.tap(name);
    if (name !== "Test microphone") await this.button("Close").click();
  }

  /** The bar says this. */
  async says(words: string | RegExp): Promise<void> {
    await expect(this.bar, `what ${this.room.name} reads of voice`).toContainText(words, { useInnerText: true });
  }

  /** The server's word of who is heard, on this page. */
  async reads(names: string[]): Promise<void> {
    const heard = this.page.locator(".heard");
    if (names.length === 0) await expect(heard, `who is heard, to ${this.room.name}`).toBeHidden();
    else await expect(heard, `who is heard, to ${this.room.name}`).toHaveText(`Heard: ${names.join(", ")}`);
  }

  /** Exactly these are heard here. */
  async hears(...speakers: Voiced[]): Promise<void> {
    const tones = speakers.map(({ tone }) => tone).sort((one, other) => one - other);
    const heard = () => this.page.evaluate((all) => window.hearTones?.(all), [...TONES]);
    await expect.poll(heard, { message: `the tones that ${this.room.name} hears` }).toEqual(tones);
  }

  /** The page's microphone is let go of. */
  async isClosed(): Promise<void> {
    const live = () =>
      this.page.evaluate(
        () => (window.microphones ?? []).flatMap((it) => it.getTracks()).filter((it) => it.readyState === "live").length,
      );
    await expect.poll(live, { message: `the microphones that ${this.room.name} holds` }).toBe(0);
  }

  /** How often a microphone has been asked for. */
  asked(): Promise<number> {
    return this.page.evaluate(() => (window.microphones ?? []).length);
  }
}

export type VoicedTeacher = Voiced<Teacher>;
export type VoicedStudent = Voiced<Student>;
