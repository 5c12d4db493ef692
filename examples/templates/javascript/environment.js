// An environment: friends name the colours that they like, and change their minds. The
// WIT files say what each function must do.

// The format of snapshots. Change it whenever the saved values change.
const FORMAT = "my-component 1";
const SPLITS = ["train", "validation", "held-out"];
const PEOPLE = ["Anna", "Ben", "Cleo"];
const COLOURS = ["red", "blue", "green", "yellow", "white", "black"];
const TALK = ["How are you?", "It rained all day.", "See you soon.", "I am tired."];
const TURNS = 4;
const DEFAULTS = { seed: 1, sessions: 8 };
const MOST_SESSIONS = 200;

// The whole state. Episodes are generated again from it: the same options and address
// give the same words.
let options = DEFAULTS;
let address = null;

const invalid = (why) => ({ tag: "invalid", val: why });
const unknown = (what) => ({ tag: "unknown", val: what });
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isNumber = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;

/** mulberry32 by Tommy Ettinger: the same seed gives the same numbers everywhere. */
function randomly(seed) {
  let state = (seed % 2 ** 32 ^ Math.floor(seed / 2 ** 32)) >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`this is not JSON: ${error.message}`);
  }
}

function checked(given) {
  if (!isObject(given)) throw invalid("give an object, for instance {}");
  const extra = Object.keys(given).find((name) => !Object.hasOwn(DEFAULTS, name));
  if (extra !== undefined) throw invalid(`there is no ${JSON.stringify(extra)}`);
  const read = { ...DEFAULTS, ...given };
  if (!isNumber(read.seed, 0, Number.MAX_SAFE_INTEGER)) throw invalid("`seed` is no number below 2^53");
  if (!isNumber(read.sessions, 1, MOST_SESSIONS)) throw invalid(`\`sessions\` must be 1 to ${MOST_SESSIONS}`);
  return read;
}

/**
 * Returns the turns of each session with the operations of a perfect memory, and the
 * last statement of each friend. Nothing depends on the number of sessions, so a longer
 * episode begins with a shorter one.
 */
function story() {
  if (address === null) throw invalid("no episode is open");
  const below = randomly(options.seed + 1009 * address.index + SPLITS.indexOf(address.split));
  const sessions = [];
  const likings = new Map();
  for (let session = 1; session <= address.sessions; session += 1) {
    const lines = [];
    for (let number = 1; number <= TURNS; number += 1) {
      const id = `D${session}:${number}`;
      const speaker = PEOPLE[below(PEOPLE.length)];
      if (below(2) === 0) {
        lines.push({ turn: { id, speaker, text: TALK[below(TALK.length)] } });
        continue;
      }
      const colour = COLOURS[below(COLOURS.length)];
      const before = likings.get(speaker);
      const operation = before ? { tag: "update", val: before.turn } : { tag: "insert" };
      const heard = new Set([...(before?.heard ?? []), session]);
      likings.set(speaker, { colour, turn: id, heard: [...heard] });
      lines.push({ turn: { id, speaker, text: `My favourite colour is ${colour}.` }, operation });
    }
    sessions.push(lines);
  }
  return { sessions, likings };
}

function sessionAt(index) {
  const lines = story().sessions[index - 1];
  if (!lines) throw unknown(`the episode has no session ${index}`);
  return lines;
}

export const environment = {
  describe: () => ({
    name: "my-component",
    summary: "Friends tell which colour they like, and change their minds.",
    categories: ["colour"],
    lexicon: [{ name: "colour", cues: ["colour"], values: COLOURS }],
  }),

  load(files, text) {
    if (files.length > 0) throw invalid(`it has no input files: remove ${JSON.stringify(files[0].name)}`);
    [options, address] = [checked(parse(text)), null];
    return { splits: SPLITS.map((name) => ({ name, episodes: null })), warnings: [] };
  },

  open(split, index, horizon) {
    if (!SPLITS.includes(split)) throw unknown(`there is no split ${JSON.stringify(split)}`);
    const sessions = horizon || options.sessions;
    // A number beyond 2^31 arrives as a negative one.
    if (sessions < 0 || sessions > MOST_SESSIONS) throw invalid(`an episode has at most ${MOST_SESSIONS} sessions`);
    address = { split, index, sessions };
    return { id: `${split}/${index}`, sessions, speakers: PEOPLE };
  },

  getSession(index) {
    const turns = sessionAt(index).map(({ turn }) => turn);
    return { tag: "dialogue", val: { index, time: `day ${index}`, turns } };
  },

  act() {
    throw { tag: "unsupported", val: "there is no task to act in" };
  },

  questions: () =>
    [...story().likings].map(([person, { turn, heard }]) => ({
      id: person,
      text: `Which colour does ${person} like?`,
      category: "colour",
      sessions: heard,
      evidence: [turn],
    })),

  score(question, answer) {
    const liking = story().likings.get(question);
    if (!liking) throw unknown(`${JSON.stringify(question)} is not asked`);
    const reward = Number(answer.text.trim().toLowerCase() === liking.colour);
    return { reward, metrics: [["f1", reward]] };
  },

  demonstrate(demonstrator, index, seed) {
    const lines = sessionAt(index);
    const below = randomly(seed + index);
    const hinted = {
      everything: () => ({ tag: "insert" }),
      nothing: () => undefined,
      expert: ({ operation }) => operation,
      // Inserts too much and never updates, so that rewards teach the rest.
      demonstrator: () => (below(4) === 0 ? undefined : { tag: "insert" }),
    };
    if (!Object.hasOwn(hinted, demonstrator)) {
      throw unknown(`there is no demonstrator ${JSON.stringify(demonstrator)}`);
    }
    const hints = lines.map((line) => ({ turn: line.turn.id, operation: hinted[demonstrator](line) }));
    return hints.filter((hint) => hint.operation);
  },
};

export const state = {
  // The JSON is ASCII, so that a character is a byte.
  snapshot: () => Uint8Array.from(JSON.stringify({ format: FORMAT, options, address }), (c) => c.charCodeAt(0)),

  restore(bytes) {
    const saved = parse(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    if (!isObject(saved) || saved.format !== FORMAT) throw invalid("these bytes are no snapshot");
    const read = checked(saved.options);
    let where = null;
    if (saved.address !== null) {
      const { split, index, sessions } = saved.address ?? {};
      const whole = SPLITS.includes(split) && isNumber(index, 0, 2 ** 64) && isNumber(sessions, 1, MOST_SESSIONS);
      if (!whole) throw invalid("the snapshot names no episode");
      where = { split, index, sessions };
    }
    [options, address] = [read, where];
  },
};
