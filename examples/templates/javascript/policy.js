// A policy: asks the model for each turn whether to keep it, and answers with the
// best entry for a question. The WIT files describe the functions.

import bank from "memloom:agent/bank@0.1.0";
import model from "memloom:agent/model@0.1.0";

// The only role.
const ROLE = "keeper";
// The number of turns in one prompt. Each has a marker, t1 to t8.
const CHUNK = 8;
// The snapshot of a policy without state still names the policy.
const SNAPSHOT = "my-component 1";

const invalid = (why) => ({ tag: "invalid", val: why });

/** Returns one flag a turn: whether an output keeps it. Undefined if it cannot be parsed. */
function parse(output, turns) {
  const words = output.split(/\s+/u).filter(Boolean);
  const verdicts = words.filter((_, place) => place % 2 === 1);
  const fits = words.length === 2 * turns
    && words.every((word, place) => place % 2 === 1 || word === `t${place / 2 + 1}`)
    && verdicts.every((word) => word === "keep" || word === "drop");
  return fits ? verdicts.map((word) => word === "keep") : undefined;
}

function request(turns, hinted) {
  const numbered = (write) => turns.map((turn, place) => write(turn, `t${place + 1}`));
  return {
    role: ROLE,
    // A marker follows its turn.
    messages: [
      { role: "user", content: numbered((turn, t) => `${turn.speaker}: ${turn.text} ${t}\n`).join("") },
    ],
    maxTokens: 2 * turns.length + 1,
    grammar: numbered((_, t) => `${t} (keep | drop)`).join(" "),
    demonstration: hinted && numbered((turn, t) => `${t} ${hinted.has(turn.id) ? "keep" : "drop"}`).join(" "),
  };
}

function ask(turns, hinted) {
  try {
    return model.generate(request(turns, hinted)).text;
  } catch (why) {
    throw invalid(`the model failed: ${why}`);
  }
}

export const policy = {
  describe: () => ({
    name: "my-component",
    summary: "Keeps or drops each turn",
    roles: [ROLE],
    controlWords: ["keep", "drop", ...Array.from({ length: CHUNK }, (_, place) => `t${place + 1}`)],
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

  observe({ tag, val }, hints) {
    if (tag !== "dialogue") {
      throw { tag: "unsupported", val: "it reads dialogue and does not act in tasks" };
    }
    const hinted = hints && new Set(hints.map((hint) => hint.turn));
    const report = { steps: 0, malformed: 0, operations: [], refused: 0 };
    let inserted = 0;
    for (let start = 0; start < val.turns.length; start += CHUNK) {
      const turns = val.turns.slice(start, start + CHUNK);
      report.steps += 1;
      const kept = parse(ask(turns, hinted), turns.length);
      if (!kept) {
        report.malformed += 1;
        continue;
      }
      const operations = turns
        .filter((_, place) => kept[place])
        .map(({ id, speaker, text }) => ({
          tag: "insert",
          val: { text, speaker, evidence: [id], vector: null },
        }));
      inserted += operations.length;
      const results = bank.apply({ session: val.index, time: val.time }, operations);
      report.refused += results.filter((result) => result.tag === "err").length;
    }
    report.operations = [["insert", inserted]];
    return report;
  },

  answer(question) {
    const query = { text: question, vector: null, speaker: null, limit: 1, threshold: 0 };
    const [best] = bank.retrieve(query);
    return { text: best?.entry.text ?? "", citations: best?.entry.evidence ?? [] };
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
