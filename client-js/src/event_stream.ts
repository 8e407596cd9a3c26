// A parser of `text/event-stream`, as the HTML standard has it, for text that comes in any pieces.

/** An event as the stream had it. */
export interface Message {
  event: string;
  data: string;
  /** The last `id` of the stream up to here: its resume cursor. */
  id: string;
}

export class EventStreamParser {
  /** The last `retry`, in milliseconds. */
  retry: number | undefined;

  #unfinished = "";
  #afterCR = false;
  #event = "";
  #data: string[] = [];
  #id = "";

  /** Takes the next piece, and yields the events that it completes. */
  *push(text: string): Generator<Message> {
    if (!text) return;
    // A CR has ended its line already; an LF that follows it in the next piece ends none.
    const afterCR = this.#afterCR;
    this.#afterCR = text.endsWith("\r");
    const lines = (afterCR && text.startsWith("\n") ? text.slice(1) : text).split(/\r\n|\r|\n/);
    lines[0] = this.#unfinished + lines[0];
    this.#unfinished = lines.pop() ?? "";
    for (const line of lines) {
      if (line) this.#field(line);
      else yield* this.#dispatch();
    }
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    // A comment has an empty name, and what is unknown is ignored.
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^[0-9]+$/.test(value)) this.retry = Number(value);
  }

  *#dispatch(): Generator<Message> {
    const data = this.#data;
    const event = this.#event || "message";
    this.#data = [];
    this.#event = "";
    if (data.length) yield { event, data: data.join("\n"), id: this.#id };
  }
}
