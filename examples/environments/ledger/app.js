// `ledger`: friends borrow, repay and settle, and gossip about money.

import { AMOUNTS, CATEGORIES, PEOPLE, PURPOSES, Random, demonstratedOperation, tell } from "./story.js";

// The options, their defaults, and the most that each may be.
const DEFAULTS = { seed: 1, sessions: 8, turns: 8 };
const MOST = { seed: 2 ** 53 - 1, sessions: 200, turns: 32 };
const DEMONSTRATORS = ["everything", "nothing", "demonstrator", "expert"];
const FORMAT = "ledger 1";

// The whole state: an episode is told again from where it was opened.
let options = DEFAULTS;
let opened = null;
let story = null;

const invalid = (why) => ({ tag: "invalid", val: `ledger: ${why}` });
const unknown = (what) => ({ tag: "unknown", val: `ledger: ${what}` });
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`this is not JSON: ${error.message}`);
  }
}

/** The options that an object gives, each checked; others by default. */
function checked(given) {
  if (!isObject(given)) throw invalid("give an object, for instance {}");
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw invalid(`there is no \`${name}\`; there are ${Object.keys(DEFAULTS).join(", ")}`);
    }
    const least = name === "seed" ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > MOST[name]) {
      throw invalid(`\`${name}\` must be ${least} to ${MOST[name]}`);
    }
  }
  return { ...DEFAULTS, ...given };
}

function start({ seed, turns }, address) {
  return tell(seed, address, turns);
}

function theStory() {
  if (story === null) throw invalid("no episode is open: call `open` first");
  return story;
}

function theSession(index) {
  const { sessions } = theStory();
  if (index < 1 || index > sessions.length) {
    throw unknown(`the episode has no session ${index}: it has 1 to ${sessions.length}`);
  }
  return sessions[index - 1];
}

export const environment = {
  describe: () => ({
    name: "ledger",
    summary: "Friends borrow, repay and settle, and gossip about money.",
    categories: CATEGORIES,
    lexicon: PURPOSES.map((name) => ({ name, cues: [name], values: AMOUNTS })),
  }),

  load(files, text) {
    if (files.length > 0) throw invalid(`it reads no file: remove \`${files[0].name}\``);
    options = checked(parse(text));
    [opened, story] = [null, null];
    const splits = Object.keys(PEOPLE).map((name) => ({ name, episodes: null }));
    return { splits, warnings: [] };
  },

  open(split, index, horizon) {
    if (!Object.hasOwn(PEOPLE, split)) {
      throw unknown(`there is no split \`${split}\`; there are ${Object.keys(PEOPLE).join(", ")}`);
    }
    // What is beyond 2^31 comes in as a negative number.
    if (horizon < 0 || horizon > MOST.sessions) throw invalid(`an episode has at most ${MOST.sessions} sessions`);
    const address = { split, index, sessions: horizon || options.sessions };
    story = start(options, address);
    opened = address;
    return { id: `${split}/${index}`, sessions: address.sessions, speakers: story.people };
  },

  getSession(index) {
    const turns = theSession(index).map(({ id, speaker, text }) => ({ id, speaker, text }));
    return { tag: "dialogue", val: { index, time: `month ${index}`, turns } };
  },

  act() {
    throw { tag: "unsupported", val: "ledger: there is no task to act in" };
  },

  advise() {
    throw { tag: "unsupported", val: "ledger: there is no task to advise on" };
  },

  questions: () =>
    [...theStory().debts].map(([id, { speaker, purpose, category, sessions, turn }]) => ({
      id,
      text: `How much does ${speaker} owe for the ${purpose}?`,
      category: category ?? "settled",
      sessions,
      evidence: turn ? [turn] : [],
    })),

  score(question, answer) {
    const debt = theStory().debts.get(question);
    if (!debt) throw unknown(`the episode asks no question \`${question}\``);
    const reward = Number(answer.text.trim() === debt.owed);
    return { reward, metrics: [["f1", reward]] };
  },

  rubric: () => null,

  demonstrate(demonstrator, index, seed) {
    const lines = theSession(index);
    if (!DEMONSTRATORS.includes(demonstrator)) {
      throw unknown(`there is no demonstrator \`${demonstrator}\`; there are ${DEMONSTRATORS.join(", ")}`);
    }
    const random = new Random(seed, opened.index, index);
    return lines
      .map((line) => ({ turn: line.id, operation: demonstratedOperation(demonstrator, line, random) }))
      .filter((hint) => hint.operation);
  },
};

export const state = {
  // ASCII alone, so that a character is a byte.
  snapshot: () => Uint8Array.from(JSON.stringify({ format: FORMAT, options, opened }), (c) => c.charCodeAt(0)),

  restore(bytes) {
    const saved = parse(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    if (!isObject(saved) || saved.format !== FORMAT) throw invalid("these bytes are no snapshot");
    const before = checked(saved.options);
    let again = null;
    if (saved.opened !== null) {
      const { split, index, sessions } = isObject(saved.opened) ? saved.opened : {};
      const sound = Object.hasOwn(PEOPLE, split) && Number.isInteger(index) && index >= 0
        && Number.isInteger(sessions) && sessions >= 1 && sessions <= MOST.sessions;
      if (!sound) throw invalid("the snapshot names no episode");
      again = { split, index, sessions };
    }
    story = again && start(before, again);
    [options, opened] = [before, again];
  },
};
