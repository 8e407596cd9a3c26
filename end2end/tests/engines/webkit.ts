// WebKit by WebDriver: WebKitGTK's driver with its MiniBrowser, on a screen in memory. A driver has
// one session and a session one jar of cookies, so each page has a driver of its own.

import { type ChildProcess, spawn } from "node:child_process";
import { freePort } from "../proxy.ts";
import type { Browser } from "./browser.ts";
import type { Driver, Steps } from "./tab.ts";

/** Where the three programs are. */
export interface Programs {
  driver: string;
  browser: string;
  screen: string;
}

const START_MS = 60_000;
/** How often a driver that starts is asked, in milliseconds. */
const ASK_MS = 50;

/** WebKit, with scripts in its pages or without. */
export class WebKit implements Browser {
  #programs: Programs;
  #hasScript: boolean;
  #screen: ChildProcess;
  #display: string;

  private constructor(programs: Programs, hasScript: boolean, screen: ChildProcess, display: string) {
    this.#programs = programs;
    this.#hasScript = hasScript;
    this.#screen = screen;
    this.#display = display;
  }

  static async start(programs: Programs, hasScript: boolean): Promise<WebKit> {
    // It finds a number that is free, and tells it by the file that is open as 3.
    const args = ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
    const screen = spawn(programs.screen, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const display = await new Promise<string>((resolve, reject) => {
      screen.once("error", reject);
      screen.once("close", () => reject(new Error(`${programs.screen} has ended`)));
      screen.stdio[3]?.once("data", (number) => resolve(`:${String(number).trim()}`));
    });
    return new WebKit(programs, hasScript, screen, display);
  }

  async page(): Promise<Driver> {
    const port = await freePort();
    const child = spawn(this.#programs.driver, [`--port=${port}`], {
      env: {
        ...process.env,
        DISPLAY: this.#display,
        GDK_BACKEND: "x11",
        LIBGL_ALWAYS_SOFTWARE: "1",
        // CI runs as root in a container, where the sandbox cannot start.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
      stdio: "ignore",
    });
    const driver = new WebDriver(child, `http://127.0.0.1:${port}`);
    await driver.isReady();
    const args = ["--automation", `--enable-javascript=${this.#hasScript}`];
    const options = { binary: this.#programs.browser, args };
    await driver.begin({ "webkitgtk:browserOptions": options });
    return driver;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#screen.once("close", resolve));
    this.#screen.kill();
    await ended;
  }
}

/** A session of WebDriver: https://www.w3.org/TR/webdriver2/ */
class WebDriver implements Driver {
  #process: ChildProcess;
  #base: string;

  constructor(process: ChildProcess, base: string) {
    this.#process = process;
    this.#base = base;
  }

  async isReady(): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        await this.#call("GET", "/status");
        return;
      } catch (error) {
        if (Date.now() > until || this.#process.exitCode !== null) throw error;
        await new Promise((resolve) => setTimeout(resolve, ASK_MS));
      }
    }
  }

  async begin(capabilities: object): Promise<void> {
    const answer = await this.#call("POST", "/session", {
      capabilities: { alwaysMatch: capabilities },
    });
    this.#base += `/session/${(answer as { sessionId: string }).sessionId}`;
  }

  async open(url: string): Promise<void> {
    await this.#call("POST", "/url", { url });
  }

  async reload(): Promise<void> {
    await this.#call("POST", "/refresh", {});
  }

  async evaluate(expression: string): Promise<string> {
    const script = `return ${expression}`;
    return (await this.#call("POST", "/execute/sync", { script, args: [] })) as string;
  }

  async act(steps: Steps): Promise<void> {
    await this.#call("POST", "/actions", { actions: [steps] });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    // This ends the browser, too.
    await this.#call("DELETE", "").catch(() => {});
    this.#process.kill();
    await ended;
  }

  async #call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(this.#base + path, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: { error?: string; message?: string } | null };
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.error}: ${value?.message}`);
    return value;
  }
}
