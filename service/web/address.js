// The address holds the whole state, so every view can be linked, and every control is a link.

const ONE = ["q", "episode", "map", "year", "length", "sort", "k"];
const SEVERAL = ["podcast", "person", "tag", "language", "like", "unlike"];

export const FILTERS = ["podcast", "year", "person", "tag", "length", "language"];

/** What an address asks for: a text (or null) for each of ONE, a list for each of SEVERAL. */
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

export function changed(state, changes) {
  return write({ ...state, k: null, ...changes });
}

/** With this value where it was not, without it where it was. */
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

/** Whether there is something to be like; being unlike something is not enough. */
export function isRefined(state) {
  return state.like.length > 0 || (state.unlike.length > 0 && Boolean(state.q));
}
