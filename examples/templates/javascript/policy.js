// A policy: asks the model for each turn whether to keep it, answers with the best entry for
// a question, and lets the model choose among the actions of a task. The WIT files describe
// the functions.

import acting from "memloom:agent/acting@0.2.0";
import bank from "memloom:agent/bank@0.2.0";
import model from "memloom:agent/model@0.2.0";

// The only role.
const ROLE = "keeper";
// The number of turns or actions in one prompt. Each turn has a marker, t1 to t8, each action
// one of a1 to a8.
const CHUNK = 8;
// The most entries in the prompt of a task.
const RECALLED = 24;
// The most actions in a task that does not end by itself.
const MOST_ACTIONS = 100;
// The snapshot of a policy without state still names the policy.
const SNAPSHOT = "my-component 1";

const invalid = (why) => ({ tag: "invalid", val: why });
const markers = (letter, count) => Array.from({ length: count }, (_, place) => `${letter}${place + 1}`);
const best = (text, limit) =>
  bank.retrieve({ text, vector: null, speaker: null, limit, threshold: 0, options: "" });

/**
 * Asks the model for an output of a grammar with this many words. The demonstration is a
 * demonstrator's output.
 */
function ask(prompt, grammar, words, demonstration) {
  const request = {
    role: ROLE,
    messages: [{ role: "user", content: prompt, toolCalls: [] }],
    tools: [],
    maxTokens: words + 1,
    grammar,
    stop: [],
    temperature: null,
    demonstration,
  };
  try {
    return model.generate(request).text;
  } catch (why) {
    throw invalid(`the model failed: ${why}`);
  }
}

/** Returns one flag a turn: whether an output keeps it. Undefined if it cannot be parsed. */
function parse(output, turns) {
  const words = output.split(/\s+/u).filter(Boolean);
  const verdicts = words.filter((_, place) => place % 2 === 1);
  const fits = words.length === 2 * turns
    && words.every((word, place) => place % 2 === 1 || word === `t${place / 2 + 1}`)
    && verdicts.every((word) => word === "keep" || word === "drop");
  return fits ? verdicts.map((word) => word === "keep") : undefined;
}

/** Lets the model keep or drop each turn. */
function chooseTurns(turns, hinted) {
  const numbered = (write) => turns.map((turn, place) => write(turn, `t${place + 1}`));
  // A marker follows its turn.
  const prompt = numbered(({ speaker, text }, t) => `${speaker}: ${text} ${t}\n`).join("");
  const grammar = numbered((_, t) => `${t} (keep | drop)`).join(" ");
  const demonstration = hinted
    && numbered(({ id }, t) => `${t} ${hinted.has(id) ? "keep" : "drop"}`).join(" ");
  return parse(ask(prompt, grammar, 2 * turns.length, demonstration), turns.length);
}

function read({ index, time, turns: all }, hints) {
  const hinted = hints && new Set(hints.map((hint) => hint.turn));
  const report = { steps: 0, malformed: 0, operations: [], refused: 0 };
  let inserted = 0;
  for (let start = 0; start < all.length; start += CHUNK) {
    const turns = all.slice(start, start + CHUNK);
    report.steps += 1;
    const kept = chooseTurns(turns, hinted);
    if (!kept) {
      report.malformed += 1;
      continue;
    }
    const operations = turns
      .filter((_, place) => kept[place])
      .map(({ id, speaker, text }) => ({
        tag: "insert",
        val: { text, speaker, evidence: [id], vector: null, fields: [] },
      }));
    inserted += operations.length;
    const results = bank.apply({ session: index, time }, operations);
    report.refused += results.filter((result) => result.tag === "err").length;
  }
  report.operations = [["insert", inserted]];
  return report;
}

/** Lets the model choose an action. Undefined if the output names none. */
function chooseAction(story, actions) {
  const marked = markers("a", actions.length);
  const lines = actions.map((action, place) => `${action} ${marked[place]}\n`).join("");
  const demonstration = marked[actions.indexOf(acting.advise())] ?? null;
  const said = ask(story + lines, `(${marked.join(" | ")})`, 1, demonstration);
  return actions[marked.indexOf(said.trim())];
}

/**
 * Acts until the task is over. The prompt has the best entries, the instruction, what was
 * done so far, and the actions.
 */
function act({ instruction, actions }) {
  const report = { steps: 0, malformed: 0, operations: [], refused: 0 };
  const known = best(instruction, RECALLED).map(({ entry }) => `${entry.speaker}: ${entry.text}\n`);
  let story = `${known.join("")}${instruction}\n`;
  let listed = actions;
  for (let done = 0; done < MOST_ACTIONS; done += 1) {
    if (listed.length === 0) {
      throw { tag: "unsupported", val: "it acts only where actions are listed" };
    }
    report.steps += 1;
    const chosen = chooseAction(story, listed.slice(0, CHUNK));
    if (chosen === undefined) report.malformed += 1;
    const action = chosen ?? listed[0];
    const seen = acting.act(action);
    if (seen.done) break;
    story += `> ${action}\n${seen.text}\n`;
    listed = seen.actions;
  }
  return report;
}

export const policy = {
  describe: () => ({
    name: "my-component",
    summary: "Keeps or drops each turn, and chooses listed actions",
    roles: [ROLE],
    controlWords: ["keep", "drop", ...markers("t", CHUNK), ...markers("a", CHUNK)],
  }),

  configure(text) {
    let options;
    try {
      options = JSON.parse(text);
    } catch (error) {
      throw invalid(`the options are not JSON: ${error.message}`);
    }
    if (JSON.stringify(options) !== "{}") throw invalid("there are no options: give {}");
  },

  observe: ({ tag, val }, hints) => (tag === "dialogue" ? read(val, hints) : act(val)),

  answer(question) {
    const [hit] = best(question, 1);
    return { text: hit?.entry.text ?? "", citations: hit?.entry.evidence ?? [] };
  },
};

export const state = {
  snapshot: () => Uint8Array.from(SNAPSHOT, (c) => c.charCodeAt(0)),

  restore(bytes) {
    if (String.fromCharCode(...bytes.slice(0, 64)) !== SNAPSHOT) {
      throw invalid("these bytes are no snapshot of this policy");
    }
  },
};
