// An environment: friends name the colours that they like, and change their minds. Every
// fourth session is a task: to say which colour one of them likes. The WIT files say what
// each function must do.

// The format of snapshots. Change it whenever the saved values change.
const FORMAT = "my-component 1";
const SPLITS = ["train", "validation", "held-out"];
const DEMONSTRATORS = ["everything", "nothing", "demonstrator", "expert"];
const PEOPLE = ["Anna", "Ben", "Cleo"];
const COLOURS = ["red", "blue", "green", "yellow", "white", "black"];
const TALK = ["How are you?", "It rained all day.", "See you soon.", "I am tired."];
const TURNS = 4;
const TASK_EVERY = 4;
// The number of actions after which a task ends.
const STEPS = 2;
const DEFAULTS = { seed: 1, sessions: 8 };
const MOST_SESSIONS = 200;

// The whole state. Episodes are generated again from options and address: the same ones
// give the same words.
let options = DEFAULTS;
let address = null;
// The task session that was read last, and the number of actions that are left in it.
let reading = null;
// The colour that was said first in each task.
let said = {};

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
 * Returns the turns of each session with the operations of a perfect memory, the last
 * statement of each friend, and the tasks by session, each with the statement that is
 * wanted. Nothing depends on the number of sessions, so a longer episode begins with a
 * shorter one.
 */
function story() {
  if (address === null) throw invalid("no episode is open");
  const below = randomly(options.seed + 1009 * address.index + SPLITS.indexOf(address.split));
  const sessions = [];
  const likings = new Map();
  const tasks = new Map();
  for (let session = 1; session <= address.sessions; session += 1) {
    const lines = [];
    sessions.push(lines);
    if (session % TASK_EVERY === 0 && likings.size > 0) {
      tasks.set(session, [...likings.values()][below(likings.size)]);
      continue;
    }
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
      likings.set(speaker, { speaker, colour, turn: id, heard: [...heard] });
      lines.push({ turn: { id, speaker, text: `My favourite colour is ${colour}.` }, operation });
    }
  }
  return { sessions, likings, tasks };
}

function sessionAt(index) {
  const lines = story().sessions[index - 1];
  if (!lines) throw unknown(`the episode has no session ${index}`);
  return lines;
}

/** Returns the task that was read last, with the colour that is wanted. */
function task() {
  const { tasks } = story();
  const wanted = tasks.get(reading?.session);
  if (!wanted) throw { tag: "unsupported", val: "the session that was read last is no task" };
  if (reading.left === 0) throw invalid("the task is over");
  return { ...reading, colour: wanted.colour };
}

function checkDemonstrator(name) {
  if (!DEMONSTRATORS.includes(name)) throw unknown(`there is no demonstrator ${JSON.stringify(name)}`);
}

export const environment = {
  describe: () => ({
    name: "my-component",
    summary: "Friends tell which colour they like, and change their minds.",
    categories: ["colour", "task"],
    lexicon: [{ name: "colour", cues: ["colour"], values: COLOURS }],
  }),

  load(files, text) {
    if (files.length > 0) throw invalid(`it has no input files: remove ${JSON.stringify(files[0].name)}`);
    [options, address, reading, said] = [checked(parse(text)), null, null, {}];
    return { splits: SPLITS.map((name) => ({ name, episodes: null })), warnings: [] };
  },

  open(split, index, horizon) {
    if (!SPLITS.includes(split)) throw unknown(`there is no split ${JSON.stringify(split)}`);
    const sessions = horizon || options.sessions;
    // A number beyond 2^31 arrives as a negative one.
    if (sessions < 0 || sessions > MOST_SESSIONS) throw invalid(`an episode has at most ${MOST_SESSIONS} sessions`);
    [address, reading, said] = [{ split, index, sessions }, null, {}];
    return { id: `${split}/${index}`, sessions, speakers: PEOPLE };
  },

  getSession(index) {
    const turns = sessionAt(index).map(({ turn }) => turn);
    const time = `day ${index}`;
    const wanted = story().tasks.get(index);
    reading = wanted ? { session: index, left: STEPS } : null;
    if (!wanted) return { tag: "dialogue", val: { index, time, turns } };
    const instruction = `Say the favourite colour of ${wanted.speaker}.`;
    return { tag: "task", val: { index, time, instruction, actions: COLOURS, steps: STEPS } };
  },

  act(action) {
    const { session, left, colour } = task();
    if (!COLOURS.includes(action)) throw invalid(`there is no action ${JSON.stringify(action)}`);
    if (left === STEPS) said = { ...said, [session]: action };
    const right = action === colour;
    reading = { session, left: right ? 0 : left - 1 };
    const done = reading.left === 0;
    return { text: right ? "Yes." : "No.", done, reward: Number(right), actions: done ? [] : COLOURS };
  },

  advise(demonstrator, seed) {
    const { session, left, colour } = task();
    checkDemonstrator(demonstrator);
    if (demonstrator === "nothing") return COLOURS[0];
    const below = randomly(seed + 1009 * session + left);
    // Guesses now and then, so that rewards teach the rest.
    if (demonstrator === "demonstrator" && below(4) === 0) return COLOURS[below(COLOURS.length)];
    return colour;
  },

  questions() {
    const { likings, tasks } = story();
    const asked = [...likings].map(([person, { turn, heard }]) => ({
      id: person,
      text: `Which colour does ${person} like?`,
      category: "colour",
      sessions: heard,
      evidence: [turn],
    }));
    // A question without text is not asked: `score` says what the task came to.
    const silent = [...tasks].map(([session, { heard }]) => ({
      id: `task-${session}`,
      text: "",
      category: "task",
      sessions: [...heard, session],
      evidence: [],
    }));
    return [...asked, ...silent];
  },

  score(question, answer) {
    const { likings, tasks } = story();
    const asked = likings.get(question);
    const silent = [...tasks].find(([session]) => question === `task-${session}`);
    if (!asked && !silent) throw unknown(`${JSON.stringify(question)} is not asked`);
    const right = asked
      ? answer.text.trim().toLowerCase() === asked.colour
      : said[silent[0]] === silent[1].colour;
    const reward = Number(right);
    return { reward, metrics: [["f1", reward]] };
  },

  rubric: () => null,

  demonstrate(demonstrator, index, seed) {
    const lines = sessionAt(index);
    checkDemonstrator(demonstrator);
    const below = randomly(seed + index);
    const hinted = {
      everything: () => ({ tag: "insert" }),
      nothing: () => undefined,
      expert: ({ operation }) => operation,
      // Inserts too much and never updates, so that rewards teach the rest.
      demonstrator: () => (below(4) === 0 ? undefined : { tag: "insert" }),
    };
    const hints = lines.map((line) => ({ turn: line.turn.id, operation: hinted[demonstrator](line) }));
    return hints.filter((hint) => hint.operation);
  },
};

export const state = {
  // The JSON is ASCII, so that a character is a byte.
  snapshot() {
    const json = JSON.stringify({ format: FORMAT, options, address, reading, said });
    return Uint8Array.from(json, (c) => c.charCodeAt(0));
  },

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
    let task = null;
    if (saved.reading !== null) {
      const { session, left } = saved.reading ?? {};
      const whole = isNumber(session, 1, MOST_SESSIONS) && isNumber(left, 0, STEPS);
      if (!whole) throw invalid("the snapshot names no task");
      task = { session, left };
    }
    const colours = isObject(saved.said) && Object.values(saved.said).every((colour) => COLOURS.includes(colour));
    if (!colours) throw invalid("the snapshot lacks what was said");
    [options, address, reading, said] = [read, where, task, saved.said];
  },
};
