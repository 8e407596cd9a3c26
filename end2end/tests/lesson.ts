// Lessons that are held through the API, quickly and to the letter, for the pages that tell of them.

import type { APIRequestContext, BrowserContext, Page } from "@playwright/test";
import { expect } from "@playwright/test";

interface Invitation {
  inviteID: string;
  open: boolean;
}

const HAND_RAISING = "hand_raising";

/** Somebody with a credential in a class. */
export class Member {
  constructor(
    readonly request: APIRequestContext,
    readonly group: string,
    readonly id: string,
    readonly token: string,
  ) {}

  async #send(method: string, path: string, data?: object): Promise<unknown> {
    const answer = await this.request.fetch(`/api/v1/groups/${this.group}${path}`, {
      method,
      data,
      headers: { authorization: `Bearer ${this.token}` },
    });
    expect(answer.ok(), `${method} ${path}: ${answer.status()}`).toBe(true);
    return answer.status() === 204 ? undefined : answer.json();
  }

  async #invite(inviteeList: string[] | "*", data: object, timeout = 0): Promise<string> {
    const body = { inviteeList, data: JSON.stringify(data), timeout };
    const made = (await this.#send("POST", "/inviteInGroup", body)) as Invitation;
    return made.inviteID;
  }

  /** Asks everyone for hands. */
  ask(question?: string, timeout = 0): Promise<string> {
    return this.#invite("*", { operation: HAND_RAISING, question }, timeout);
  }

  /** Raises a hand unprompted. */
  raise(): Promise<string> {
    return this.#invite("*", { operation: "speech_application" });
  }

  /** Invites somebody to speak. */
  callOn(student: Member): Promise<string> {
    return this.#invite([student.id], { operation: "speaking" });
  }

  /** Calls somebody, one-to-one. */
  async call(other: Member, note: string, media = "audio"): Promise<string> {
    const data = JSON.stringify({ operation: "call", media, note });
    const body = { invitee: other.id, data, timeout: 30 };
    return ((await this.#send("POST", "/invite", body)) as Invitation).inviteID;
  }

  async #verb(verb: string, invite: string, data: object = {}): Promise<void> {
    await this.#send("POST", `/invitations/${invite}/${verb}`, data);
  }

  accept = (invite: string, data = "") => this.#verb("accept", invite, { data });
  reject = (invite: string, data = "") => this.#verb("reject", invite, { data });
  cancel = (invite: string) => this.#verb("cancel", invite);
  finish = (invite: string) => this.#verb("finish", invite);
  /** Ends something for a reason of one's own. */
  finishFor = (invite: string, reason: string) => this.#verb("finish", invite, { reason });
  finishOf = (invite: string, student: Member) =>
    this.#verb("finish", invite, { invitee: student.id });

  /** Waits until an invitation has run out of time. */
  async sawOut(invite: string): Promise<void> {
    await expect(async () => {
      const found = (await this.#send("GET", `/invitations/${invite}`)) as Invitation;
      expect(found.open).toBe(false);
    }).toPass();
  }

  async remove(student: Member): Promise<void> {
    await this.#send("DELETE", `/members/${student.id}`);
  }

  async makeTeacher(student: Member): Promise<void> {
    await this.#send("PATCH", `/members/${student.id}`, { role: "teacher" });
  }

  async end(): Promise<void> {
    await this.#send("POST", "/end", {});
  }

  /** Makes a browser this member's. */
  async lendTo(context: BrowserContext, url: string): Promise<void> {
    await context.addCookies([{ name: "handup", value: this.token, url }]);
  }
}

/** A class, begun through the API. */
export class Lesson {
  constructor(
    readonly name: string,
    readonly teacher: Member,
    readonly joinCode: string,
  ) {}

  static async begin(request: APIRequestContext, name: string, teacher = "Ms Park"): Promise<Lesson> {
    const answer = await request.post("/api/v1/groups", { data: { name, teacher } });
    const { groupID, joinCode, userID, token } = await answer.json();
    return new Lesson(name, new Member(request, groupID, userID, token), joinCode);
  }

  get group(): string {
    return this.teacher.group;
  }

  async join(name: string): Promise<Member> {
    const { request } = this.teacher;
    const data = { joinCode: this.joinCode, name };
    const answer = await request.post("/api/v1/join", { data });
    expect(answer.status()).toBe(201);
    const { userID, token } = await answer.json();
    return new Member(request, this.group, userID, token);
  }
}

/** Opens every round of a class's page, and all that is folded in them. */
export async function unfold(page: Page): Promise<void> {
  for (const what of [".folded", ".recorded", ".as-stored"]) {
    for (const folded of await page.locator(what).all()) {
      if ((await folded.getAttribute("open")) !== null) continue;
      await folded.locator("> summary").click({ position: { x: 8, y: 24 } });
    }
  }
}

/** A CSV file as rows by the names of their columns. */
export function readCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted && c === '"' && text[at + 1] === '"') {
      cell += '"';
      at++;
    } else if (c === '"') {
      quoted = !quoted;
    } else if (!quoted && (c === "," || c === "\n")) {
      rows.at(-1)?.push(cell.replace(/\r$/, ""));
      cell = "";
      if (c === "\n") rows.push([]);
    } else {
      cell += c;
    }
  }
  const [head = [], ...body] = rows.filter((row) => row.length > 0);
  return body.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ""])));
}
