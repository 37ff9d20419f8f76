// Talking to the server: JSON, and answers as server-sent events.

import { language, say } from "./words.js";

// Where several corpora share a server, the page of one lies below its name, that of all below "*".
export const HERE = location.pathname.match(/^\/c\/[^/]+(?=\/|$)/)?.[0] ?? "";
export const ALL = "/c/*";

// The addresses of what was quoted from, or kept in, a corpus; here, where it has no name.
export const within = (corpus) => (corpus ? `/c/${encodeURIComponent(corpus)}` : HERE);

// What went wrong, as a sentence for the reader.
export class Problem extends Error {
  constructor(detail, { status = 0, lost = false } = {}) {
    super(detail);
    this.status = status;
    this.lost = lost;
  }
}

export async function get(address, { base = HERE } = {}) {
  return read(await reach(base + address, { headers: { "Accept-Language": language() } }));
}

export async function post(address, body, { base = HERE } = {}) {
  return read(
    await reach(base + address, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Accept-Language": language() },
      body: JSON.stringify(body),
    }),
  );
}

export async function remove(address, { base = HERE } = {}) {
  await reach(base + address, { method: "DELETE", headers: { "Accept-Language": language() } });
}

export async function put(address, file, { base = HERE } = {}) {
  return read(
    await reach(base + address, {
      method: "PUT",
      headers: { "Content-Type": "application/octet-stream", "Accept-Language": language() },
      body: file,
    }),
  );
}

// Ask, and hear of each event as it arrives: on = { status, delta, citation }. Returns the whole
// answer; throws a Problem when the server says why it cannot answer or falls silent.
export async function ask(question, on, { base = HERE, signal } = {}) {
  const response = await reach(`${base}/v1/answers`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "text/event-stream",
      "Accept-Language": language(),
    },
    body: JSON.stringify(question),
    signal,
  });
  if (!response.ok) await read(response);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let waiting = "";
  for (;;) {
    let chunk;
    try {
      chunk = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(say("lost"), { lost: true });
    }
    if (chunk.done) throw new Problem(say("lost"), { lost: true });
    waiting += decoder.decode(chunk.value, { stream: true });
    const events = waiting.split("\n\n");
    waiting = events.pop();
    for (const { name, data } of events.map(parse)) {
      if (name === "done") {
        await reader.cancel();
        return data;
      }
      if (name === "error") throw new Problem(data.detail, { status: data.status });
      on[name]?.(data);
    }
  }
}

function parse(text) {
  let name = "message";
  const data = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trim());
  }
  return { name, data: data.length ? JSON.parse(data.join("\n")) : null };
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(say("offline"), { lost: true });
  }
}

async function read(response) {
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  let detail = `${response.status}`;
  try {
    detail = (await response.json()).detail ?? detail;
  } catch {
    // Not a problem document: a proxy in between said something else.
  }
  if (response.status === 401) document.dispatchEvent(new CustomEvent("tebiki-locked"));
  throw new Problem(detail, { status: response.status });
}
