// Firefox by WebDriver BiDi, which it speaks by itself: one process, and for each page a user context
// of its own, with its own cookies.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import WebSocket from "ws";
import type { Browser, Complain } from "./browser.ts";
import type { Driver, Steps } from "./tab.ts";

/** What is not the test's: nothing but the server under test is to be asked anything. */
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.aboutConfig.showWarning": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage": "about:blank",
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "http://127.0.0.1:1/",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

const LISTENS = /^WebDriver BiDi listening on (ws:\/\/\S+)$/;
const START_MS = 60_000;

interface Message {
  id?: number;
  type: "success" | "error" | "event";
  method?: string;
  params?: { level?: string; text?: string; source?: { context?: string } };
  result?: unknown;
  error?: string;
  message?: string;
}

interface Answers {
  "session.new": { capabilities: { browserVersion: string } };
  "browser.createUserContext": { userContext: string };
  "browsingContext.create": { context: string };
  "script.evaluate":
    | { type: "success"; result: { value: string } }
    | { type: "exception"; exceptionDetails: { text: string } };
}

/** Firefox, with scripts in its pages or without. */
export class Firefox implements Browser {
  #process: ChildProcess;
  #profile: string;
  #socket: WebSocket;
  #last = 0;
  #waiting = new Map<number, (message: Message) => void>();
  #complaints = new Map<string, Complain>();

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process;
    this.#profile = profile;
    this.#socket = socket;
    socket.on("message", (data) => this.#hear(JSON.parse(data.toString()) as Message));
  }

  static async start(program: string, hasScript: boolean): Promise<Firefox> {
    const profile = await mkdtemp(join(tmpdir(), "handup-firefox-"));
    const preferences = Object.entries({ ...PREFERENCES, "javascript.enabled": hasScript });
    const lines = preferences.map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
    await writeFile(join(profile, "user.js"), lines.join(""));
    const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"];
    const child = spawn(program, args, {
      // As root in a home that is another's it does not start.
      env: { ...process.env, HOME: profile },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const address = await new Promise<string>((resolve, reject) => {
      let said = "";
      const give = (why: string) => reject(new Error(`${program} ${why}:\n${said}`));
      const timer = setTimeout(() => give("does not listen"), START_MS);
      child.once("error", ({ message }) => give(message));
      child.once("close", () => give("has ended"));
      createInterface({ input: child.stderr }).on("line", (line) => {
        said += `${line}\n`;
        const address = LISTENS.exec(line)?.[1];
        if (!address) return;
        clearTimeout(timer);
        resolve(address);
      });
    });
    const socket = new WebSocket(`${address}/session`);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const firefox = new Firefox(child, profile, socket);
    await firefox.#call("session.new", { capabilities: {} });
    await firefox.#call("session.subscribe", { events: ["log.entryAdded"] });
    return firefox;
  }

  async page(complain: Complain): Promise<Driver> {
    const { userContext } = await this.#call("browser.createUserContext", {});
    const { context } = await this.#call("browsingContext.create", { type: "window", userContext });
    this.#complaints.set(context, complain);
    return {
      open: async (url) => {
        await this.#call("browsingContext.navigate", { context, url, wait: "complete" });
      },
      reload: async () => {
        await this.#call("browsingContext.reload", { context, wait: "complete" });
      },
      evaluate: async (expression) => {
        const target = { context };
        const said = await this.#call("script.evaluate", { expression, target, awaitPromise: false });
        if (said.type === "exception") throw new Error(said.exceptionDetails.text);
        return said.result.value;
      },
      act: async (steps: Steps) => {
        await this.#call("input.performActions", { context, actions: [steps] });
      },
      close: async () => {
        this.#complaints.delete(context);
        await this.#call("browser.removeUserContext", { userContext });
      },
    };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.kill("SIGKILL");
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #hear(message: Message): void {
    if (message.method === "log.entryAdded") {
      const { level, text, source } = message.params ?? {};
      if (level === "error") this.#complaints.get(source?.context ?? "")?.(text ?? "");
      return;
    }
    if (message.id === undefined) return;
    this.#waiting.get(message.id)?.(message);
    this.#waiting.delete(message.id);
  }

  #call<Method extends string>(
    method: Method,
    params: object,
  ): Promise<Method extends keyof Answers ? Answers[Method] : unknown> {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ type, result, error, message }) => {
        if (type === "success") resolve(result as Method extends keyof Answers ? Answers[Method] : unknown);
        else reject(new Error(`${method}: ${error}: ${message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
