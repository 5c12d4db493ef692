// What friends owe each other, and what is asked about it in the end.
//
// An episode is a function of seed, split, index and number of sessions; a longer
// one begins with a shorter one. No clock and no Math.random: the sandbox has neither.

export const PEOPLE = {
  train: ["Anna", "Ben", "Cleo", "David", "Eva", "Felix", "Greta", "Hugo"],
  validation: ["Iris", "Jonas", "Kira", "Luca", "Mona", "Nils"],
  "held-out": ["Olga", "Pablo", "Rosa", "Simon", "Tilda", "Umar"],
};
export const PURPOSES = ["rent", "tickets", "petrol", "hotel", "present", "boat"];
export const AMOUNTS = Array.from({ length: 18 }, (_, place) => String(10 + 5 * place));
export const CATEGORIES = ["open", "changed", "settled"];

// {x} is the purpose, {v} the amount that is now owed, {n} somebody else. Talk and
// settlements name no amount; a rumour is somebody else's debt, or none.
const SENTENCES = {
  borrow: ["{n} paid the {x} for me, so I owe {v}.", "I owe {n} {v} for the {x}."],
  repay: ["I gave {n} some of the {x} back, {v} are left.", "For the {x} I owe only {v} now."],
  add: ["The {x} got dearer, now I owe {v}.", "With the rest of the {x} I owe {v}."],
  settle: ["I paid {n} back for the {x}.", "The {x} is settled, {n} let me off."],
  rumour: ["{n} lost {v} at the {x}, I heard.", "Others pay {v} for such a {x}."],
  talk: [
    "Shall we meet for coffee?",
    "It was a lovely weekend.",
    "{n}, you look happy today.",
    "Money is a boring subject.",
    "I lost my keys again.",
    "Next time the weather must be better.",
    "Good evening, {n}.",
    "I should go home soon.",
  ],
};
const RUMOUR = 0.2;
const IDLE = 0.35;

/** sfc32 by Chris Doty-Humphrey: the same seeds give the same numbers everywhere. */
export class Random {
  constructor(...path) {
    [this.a, this.b, this.c, this.counter] = [0, 0, 0, 1];
    for (const step of path) {
      // A number of WIT's u64: its two halves.
      this.a ^= step % 2 ** 32;
      this.b ^= Math.floor(step / 2 ** 32);
      for (let round = 0; round < 12; round += 1) this.bits();
    }
  }

  bits() {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  chance(probability) {
    return this.bits() < probability * 2 ** 32;
  }

  pick(items) {
    return items[this.bits() % items.length];
  }
}

/** The episode at this address. */
export function tell(seed, { split, index, sessions }, turns) {
  const random = new Random(seed, Object.keys(PEOPLE).indexOf(split), index);
  const pool = [...PEOPLE[split]];
  const people = [1, 2, 3].map(() => pool.splice(random.bits() % pool.length, 1)[0]);
  const story = { people, sessions: [], debts: new Map() };
  for (let session = 1; session <= sessions; session += 1) {
    const lines = [];
    for (let turn = 1; turn <= turns; turn += 1) {
      lines.push(line(random, story, session, `D${session}:${turn}`));
    }
    story.sessions.push(lines);
  }
  return story;
}

/** A turn and what it means; a change or settlement knows the turn before it. */
function line(random, story, session, id) {
  const speaker = random.pick(story.people);
  const other = random.pick(story.people.filter((name) => name !== speaker));
  const purpose = random.pick(PURPOSES);
  const say = (meaning, amount, before) => ({
    id,
    speaker,
    meaning,
    before,
    text: random.pick(SENTENCES[meaning])
      .replace("{n}", other)
      .replace("{x}", purpose)
      .replace("{v}", amount),
  });
  if (random.chance(IDLE)) return say("talk", "");
  const key = `${speaker}/${purpose}`;
  if (!story.debts.has(key)) story.debts.set(key, { speaker, purpose, owed: "", sessions: [] });
  const debt = story.debts.get(key);
  if (!debt.sessions.includes(session)) debt.sessions.push(session);
  if (random.chance(RUMOUR)) return say("rumour", random.pick(AMOUNTS));

  const before = debt.turn;
  const [less, more] = [AMOUNTS.filter((v) => +v < +debt.owed), AMOUNTS.filter((v) => +v > +debt.owed)];
  let meaning;
  if (!before) meaning = "borrow";
  else if (random.chance(0.35)) meaning = "settle";
  else if (less.length > 0 && (more.length === 0 || random.chance(0.7))) meaning = "repay";
  else meaning = "add";
  debt.owed = meaning === "settle" ? "" : random.pick({ borrow: AMOUNTS, repay: less, add: more }[meaning]);
  debt.turn = meaning === "settle" ? undefined : id;
  debt.category = { borrow: "open", settle: "settled" }[meaning] ?? "changed";
  return say(meaning, debt.owed, before);
}

/** What a demonstrator does with a turn; undefined is nothing. */
export function demonstratedOperation(demonstrator, { meaning, before }, random) {
  const right = {
    borrow: { tag: "insert" },
    repay: { tag: "update", val: before },
    add: { tag: "update", val: before },
    settle: { tag: "delete", val: before },
  }[meaning];
  if (demonstrator === "everything") return { tag: "insert" };
  if (demonstrator === "nothing") return undefined;
  if (demonstrator === "expert") return right;
  // The demonstrator overlooks debts, falls for rumours and shies from rewriting:
  // enough to learn the form from, and reward has to teach the rest.
  const kept = { borrow: 0.8, repay: 0.8, add: 0.8, settle: 0.6, rumour: 0.5, talk: 0.2 };
  if (!random.chance(kept[meaning])) return undefined;
  return right && random.chance(0.4) ? right : { tag: "insert" };
}
