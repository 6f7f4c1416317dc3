// One line of a mapping file in colours: comments, keys, texts, holes, words. Strict YAML with little nesting needs no more.

import { h } from "./dom.js";

const TOKEN = /(#.*$)|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|([\w.$@:-]+)(?=:(?:\s|$))|(\{[\w.:$-]+\})|\b(true|false|null|GET|POST|PUT|PATCH|DELETE)\b/g;
const KINDS = ["c", "s", "k", "h", "v"];

/** The pieces of a line. A `#` is a comment only at the beginning or behind a blank. `slip`: the column of a mistake, from 1. */
export function painted(text, slip = 0) {
  const pieces = [];
  let end = 0;
  for (const found of text.matchAll(TOKEN)) {
    const kind = KINDS[found.slice(1).findIndex((each) => each !== undefined)];
    if (kind === "c" && found.index > 0 && !/\s/.test(text[found.index - 1])) continue;
    pieces.push([text.slice(end, found.index), ""], [found[0], kind]);
    end = found.index + found[0].length;
  }
  pieces.push([text.slice(end), ""]);
  return spans(pieces.filter(([part]) => part), slip);
}

function spans(pieces, slip) {
  let column = 1;
  return pieces.flatMap(([part, kind]) => {
    const inside = slip >= column && slip < column + part.length;
    const from = inside ? slip - column : part.length;
    const word = inside ? (/^[^\s,{}]+|^./.exec(part.slice(from)) || [""])[0].length : 0;
    column += part.length;
    return [[part.slice(0, from), kind], [part.slice(from, from + word), `${kind} slip`], [part.slice(from + word), kind]]
      .filter(([text]) => text).map(([text, name]) => (name.trim() ? h("span", { class: name.trim() }, text) : text));
  });
}
