// What both Node peers keep: one table of acceptances, as durable as Handup's own log.
import Database from "better-sqlite3";

const [, , file, port] = process.argv;

export const listenPort = Number(port);

const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec(
  "CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL) STRICT",
);
const insert = database.prepare("INSERT INTO event (name, body) VALUES (?, ?)");

const mode = database.pragma("journal_mode", { simple: true });
const synchronous = database.pragma("synchronous", { simple: true });
console.log(`sqlite journal_mode=${mode} synchronous=${synchronous}`);

const appendOne = (name, invitee, data) => {
  const event = { at: new Date().toISOString(), inviteID: "5f1c3a52-5b0e-4c3c-9a55-8d2f2a6a0b11", invitee, data };
  const { lastInsertRowid } = insert.run(name, JSON.stringify(event));
  return { seq: Number(lastInsertRowid), ...event };
};

/** Appends one event in a transaction of its own. */
export const append = database.transaction(appendOne);

/** Appends many events in one transaction. */
export const appendAll = database.transaction((entries) =>
  entries.map(({ name, invitee, data }) => appendOne(name, invitee, data)),
);
