// Sends requests to the HTTP API; an answer is JSON or one of two errors.

/** The service cannot be reached or cannot answer yet; a retry may succeed. */
export class Gone extends Error {}

/** The service refused the request; the message says why. */
export class Refused extends Error {}

const REMEMBERED = 40;
const UNAVAILABLE = new Set([502, 503, 504]);
const SOON_MS = 500;
const LATEST_MS = 5000;

const answers = new Map(); // cached, so that going back shows an answer at once

/** The answer to a request {path, body?}. Throws Gone, Refused, or the signal's AbortError. */
export async function ask(request, { signal, again = false } = {}) {
  const key = JSON.stringify(request);
  if (again && answers.has(key)) return answers.get(key);
  const answer = await fetched(request, signal);
  answers.delete(key);
  answers.set(key, answer);
  if (answers.size > REMEMBERED) answers.delete(answers.keys().next().value);
  return answer;
}

/** Resolves once the service answers again. */
export async function untilReady(signal) {
  for (let pause = SOON_MS; !signal.aborted; pause = Math.min(2 * pause, LATEST_MS)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (await isReady(signal)) return;
  }
}

async function isReady(signal) {
  try {
    return (await fetch("readyz", { signal, cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function fetched({ path, body }, signal) {
  const response = await responded(path, body, signal);
  if (response.ok) return response.json();
  const { detail } = await response.json().catch(() => ({}));
  const said = detail ?? `The service answered ${response.status}.`;
  throw UNAVAILABLE.has(response.status) ? new Gone(said) : new Refused(said);
}

async function responded(path, body, signal) {
  const posted = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  try {
    return await fetch(path, { signal, cache: "no-cache", ...(body && posted) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Gone("The service does not answer.");
  }
}
