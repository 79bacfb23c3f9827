// The address holds the whole state of the page: every view can be linked, every control is a link.

const ONE = ["q", "episode", "map", "year", "length", "sort", "k"];
const SEVERAL = ["podcast", "person", "tag", "language", "like", "unlike", "as_words"];

export const FILTERS = ["podcast", "year", "person", "tag", "length", "language"];

/** The state in a query string: a string or null for each of ONE, a list for each of SEVERAL. */
export function read(query) {
  const given = new URLSearchParams(query);
  const one = ONE.map((name) => [name, given.get(name)]);
  const several = SEVERAL.map((name) => [name, [...new Set(given.getAll(name))]]);
  return Object.fromEntries([...one, ...several]);
}

/** The address of a state, relative to the page. */
export function write(state) {
  const query = new URLSearchParams();
  for (const name of [...ONE, ...SEVERAL]) {
    for (const value of [state[name] ?? []].flat()) if (value) query.append(name, value);
  }
  return query.size ? `?${query}` : "./";
}

/** The address of the state with these changes, showing the first hits again. */
export function changed(state, changes) {
  return write({ ...state, k: null, ...changes });
}

/** The address with this value removed if it is in the state, or added if it is not. */
export function toggled(state, name, value) {
  if (!SEVERAL.includes(name))
    return changed(state, { [name]: has(state, name, value) ? null : value });
  const others = state[name].filter((each) => each !== value);
  return changed(state, { [name]: has(state, name, value) ? others : [...others, value] });
}

export function has(state, name, value) {
  return [state[name] ?? []].flat().includes(value);
}

export function ofEpisode(id) {
  return write({ episode: id });
}

export function isFiltered(state) {
  return FILTERS.some((name) => state[name]?.length);
}

/** Whether the answer is of similar episodes: "unlike" alone needs a question to start from. */
export function isRefined(state) {
  return state.like.length > 0 || (state.unlike.length > 0 && Boolean(state.q));
}
