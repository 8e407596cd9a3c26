// The parser of event streams: whatever the text and wherever it is cut.

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamParser, type Message } from "../src/event_stream.ts";

type Row = [what: string, text: string, messages: Message[], retry?: number];

const message = (data: string, id = "", event = "message"): Message => ({ event, data, id });

const TABLE: Row[] = [
  ["one event", "id: 7\nevent: onX\ndata: {}\n\n", [message("{}", "7", "onX")]],
  ["CR", "id: 7\revent: onX\rdata: {}\r\r", [message("{}", "7", "onX")]],
  ["CRLF", "id: 7\r\nevent: onX\r\ndata: {}\r\n\r\n", [message("{}", "7", "onX")]],
  ["ends that change", "data: a\r\ndata: b\rdata: c\n\r\n", [message("a\nb\nc")]],
  ["CR then CRLF is an empty line", "data: a\r\r\ndata: b\n\n", [message("a"), message("b")]],
  ["several lines of data", "data: a\ndata:\ndata:  b\n\n", [message("a\n\n b")]],
  ["a field without a colon", "data\ndata\n\n", [message("\n")]],
  ["empty data", "data\n\ndata:\n\n", [message(""), message("")]],
  ["no space, colons in the value", "data:a: b:\n\n", [message("a: b:")]],
  ["comments", ": \n:heartbeat\n\ndata: a\n:\ndata: b\n\n", [message("a\nb")]],
  ["retry", "retry: 1234\n\ndata: a\n\n", [message("a")], 1234],
  ["a retry that is no number", "retry: 12x\nretry: -1\nretry:\n\n", []],
  ["an id stays", "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", [message("a", "1"), message("b", "1"), message("c")]],
  ["an id without data stays as well", "id: 1\n\ndata: b\n\n", [message("b", "1")]],
  ["an id with a NUL is none", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n", [message("a", "1"), message("b", "1")]],
  ["an event without data is none, and its name does not stay", "event: onX\n\ndata: a\n\n", [message("a")]],
  ["fields that are unknown", "foo: bar\nDATA: x\n data: y\ndata: a\n\n", [message("a")]],
  ["what is not finished is not told", "data: a\n\ndata: b\n", [message("a")]],
  ["text of all planes", "data: é🙋\u2028x\n\n", [message("é🙋\u2028x")]],
];

function parse(pieces: string[]): { messages: Message[]; retry: number | undefined } {
  const parser = new EventStreamParser();
  const messages = pieces.flatMap((piece) => [...parser.push(piece)]);
  return { messages, retry: parser.retry };
}

for (const [what, text, messages, retry] of TABLE) {
  test(`${what}, in two or three pieces cut anywhere, or in single characters`, () => {
    const expected = { messages, retry };
    assert.deepEqual(parse([text]), expected);
    assert.deepEqual(parse(text.split("")), expected);
    for (let i = 0; i <= text.length; i++) {
      for (let j = i; j <= text.length; j++) {
        assert.deepEqual(parse([text.slice(0, i), text.slice(i, j), text.slice(j)]), expected, `cut at ${i} and ${j}`);
      }
    }
  });
}
