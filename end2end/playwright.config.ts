// How the browser tests run. `cargo xtask test` starts them, and says by
// environment variables where the browsers are (CHROMIUM, FIREFOX and more, see
// xtask/src/programs.rs), which server to try (HANDUP_BIN, see tests/server.ts)
// and where to leave a report that it can count (HANDUP_REPORT).

import { defineConfig, type ReporterDescription } from "@playwright/test";
import type { EngineOptions } from "./tests/engines/people.ts";

const report = process.env.HANDUP_REPORT;
const reporters: ReporterDescription[] = [["list"]];
if (report) {
  reporters.push(["json", { outputFile: report }]);
}

export default defineConfig<object, EngineOptions>({
  testDir: "tests",
  outputDir: "test-results",
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // `cargo xtask test` names every test that needed its second try: the engines besides Chromium are
  // driven from outside, where a driver may fail that has nothing to do with Handup.
  retries: report ? 1 : 0,
  workers: 2,
  // Generous: two cores may have more to do than this.
  timeout: 120_000,
  // How long anything may take before a test gives up; a busy machine needs more than an idle one.
  expect: { timeout: 30_000 },
  reporter: reporters,
  use: {
    browserName: "chromium",
    // Nothing is recorded while it runs, for that costs much of the time: to
    // look into a failure, `cargo xtask test --only-browser -- --trace on`.
    trace: "off",
    launchOptions: {
      // Debian's Chromium, not one that Playwright downloads.
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        // CI runs as root in a container, where the sandbox cannot start.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        // Nothing but the server under test is to be asked anything.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // Each page compiles the WASM anew; to optimize it as well costs more than a test's run saves. 31
        // tests of two files took 3.2 minutes instead of 3.5.
        "--js-flags=--liftoff-only --wasm-lazy-compilation",
        // A camera that shows a clock and a microphone that beeps, for calls.
        "--use-fake-device-for-media-stream",
      ],
    },
  },
  projects: [
    { name: "desktop", testIgnore: "tests/engines/**", use: { viewport: { width: 1280, height: 800 } } },
    {
      name: "phone",
      testIgnore: "tests/engines/**",
      // What is the same on every screen is tried on one.
      grepInvert: /@once/,
      use: {
        viewport: { width: 360, height: 640 },
        hasTouch: true,
        isMobile: true,
      },
    },
    // The engines besides Chromium, which Playwright does not drive.
    { name: "firefox", testDir: "tests/engines", use: { engine: "firefox" } },
    { name: "webkit", testDir: "tests/engines", use: { engine: "webkit" } },
  ],
});
