// The benchmark in a browser: the browser of the tests, one page at a time.

import { defineConfig } from "@playwright/test";
import tests from "../playwright.config.ts";

export default defineConfig({
  ...tests,
  testDir: ".",
  outputDir: "../test-results",
  workers: 1,
  reporter: [["line"]],
  use: { ...tests.use, trace: "off", viewport: { width: 1280, height: 800 } },
  projects: [{ name: "phone" }],
});
