// A memory bank: entries in order of insertion, found by the words that they share with
// a query. The WIT files describe the functions.

// The format of snapshots. Change it whenever the saved values change.
const FORMAT = "my-component 1";

// The whole state: the last number of an entry, and the entries.
let last = 0;
let entries = [];

const invalid = (why) => ({ tag: "invalid", val: why });
const unknown = (what) => ({ tag: "unknown", val: what });

/** Returns the words of a text: runs of letters, digits and _, in lower case. */
const words = (text) => text.toLowerCase().match(/[\p{Alphabetic}\p{N}_]+/gu) ?? [];

function oneLine(text) {
  // JavaScript treats U+FEFF as white space.
  const line = text.split(/[^\S\ufeff]+/u).filter(Boolean).join(" ");
  if (line === "") throw invalid("the text is empty");
  return line;
}

function entryOf(id) {
  const entry = entries.find((known) => known.id === id);
  if (!entry) throw unknown(`no entry has the id ${JSON.stringify(id)}`);
  return entry;
}

/** Refuses options, of which there are none: the only valid JSON object is an empty one. */
function noOptions(whose, text) {
  let options;
  try {
    options = JSON.parse(text);
  } catch (error) {
    throw invalid(`the options of the ${whose} are not JSON: ${error.message}`);
  }
  if (JSON.stringify(options) !== "{}") throw invalid(`the ${whose} has no options: give {}`);
}

/** Refuses fields, of which the entries have none. */
function noFields([field]) {
  if (field) throw invalid(`entries have no field ${JSON.stringify(field[0])}`);
}

function applyOne({ session, time }, { tag, val }) {
  switch (tag) {
    case "insert": {
      const { speaker, evidence } = val;
      const text = oneLine(val.text);
      noFields(val.fields);
      last += 1;
      const id = `m${last}`;
      entries.push({
        id, text, speaker, time, firstSession: session, lastSession: session, evidence, fields: [],
      });
      return id;
    }
    case "update": {
      const entry = entryOf(val.id);
      const text = oneLine(val.text);
      noFields(val.fields);
      [entry.text, entry.time, entry.lastSession] = [text, time, session];
      entry.evidence.push(...val.evidence.filter((turn) => !entry.evidence.includes(turn)));
      return entry.id;
    }
    case "delete":
      entries.splice(entries.indexOf(entryOf(val)), 1);
      return val;
    default:
      throw { tag: "unsupported", val: `there is no operation ${JSON.stringify(val.name)}` };
  }
}

function schemaOf(name, description, ...names) {
  const properties = Object.fromEntries(names.map((argument) => [argument, { type: "string" }]));
  return { name, description, arguments: JSON.stringify({ type: "object", properties }) };
}

export const bank = {
  configure: (options) => noOptions("bank", options),

  getSchema: () => ({
    name: "my-component",
    description: "A list of facts",
    operations: [
      schemaOf("insert", "Note a fact.", "text"),
      schemaOf("update", "Rewrite a fact.", "id", "text"),
      schemaOf("delete", "Forget a fact.", "id"),
    ],
    fields: [],
    queryOptions: "",
  }),

  apply: (at, operations) =>
    operations.map((operation) => {
      try {
        return { tag: "ok", val: applyOne(at, operation) };
      } catch (error) {
        if (error instanceof Error) throw error;
        return { tag: "err", val: error };
      }
    }),

  /** Returns the best entries. An entry's score is the share of the query's words in it. */
  retrieve({ text, speaker, limit, threshold, options }) {
    if (options !== "") noOptions("query", options);
    const wanted = new Set(words(text));
    const hits = [];
    for (const entry of entries) {
      if (speaker !== null && speaker !== entry.speaker) continue;
      const held = new Set(words(entry.text));
      const shared = [...wanted].filter((word) => held.has(word)).length;
      const score = shared / Math.max(wanted.size, 1);
      if (score > threshold) hits.push({ entry, score });
    }
    // The sort is stable: ties stay in order of insertion.
    return hits.sort((a, b) => b.score - a.score).slice(0, limit);
  },

  entries: () => entries,

  render: (ids) =>
    ids
      .map(entryOf)
      .map(({ id, speaker, time, text }) => `[${id}] ${speaker} (${time}): ${text}\n`)
      .join(""),

  endSession() {},

  getStats: () => ({
    entries: entries.length,
    words: entries.reduce((sum, entry) => sum + words(entry.text).length, 0),
  }),
};

/** Returns whether a parsed value is an entry. */
function sound(entry) {
  const isText = (value) => typeof value === "string";
  const isNumber = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  return entry !== null
    && typeof entry === "object"
    && [entry.id, entry.text, entry.speaker, entry.time].every(isText)
    && [entry.firstSession, entry.lastSession].every(isNumber)
    && [entry.evidence, entry.fields].every(Array.isArray)
    && entry.evidence.every(isText)
    && entry.fields.length === 0;
}

// The JSON is ASCII, so that a character is a byte.
const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;

export const state = {
  snapshot() {
    const json = JSON.stringify({ format: FORMAT, last, entries }).replace(/[^\0-\x7e]/g, escaped);
    return Uint8Array.from(json, (c) => c.charCodeAt(0));
  },

  restore(bytes) {
    let saved;
    try {
      saved = JSON.parse(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    } catch (error) {
      throw invalid(`these bytes are not a snapshot: ${error.message}`);
    }
    const whole = saved?.format === FORMAT
      && Number.isSafeInteger(saved.last)
      && Array.isArray(saved.entries)
      && saved.entries.every(sound);
    if (!whole) throw invalid("these bytes are no snapshot of this bank");
    [last, entries] = [saved.last, saved.entries];
  },
};
