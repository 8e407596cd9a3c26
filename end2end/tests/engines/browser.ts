// What a browser that Playwright does not drive is to the tests, whichever engine it has.

import type { Driver } from "./tab.ts";

/** Is told what a page has put into the console as an error, where the protocol tells it: WebDriver
 * does not. */
export type Complain = (text: string) => void;

/** A browser that runs, with scripts in its pages or without. */
export interface Browser {
  /** Opens an empty page with cookies of its own: somebody's phone or laptop. */
  page(complain: Complain): Promise<Driver>;
  /** Ends it. */
  stop(): Promise<void>;
}
