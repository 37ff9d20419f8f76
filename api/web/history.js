// One's own conversations, kept in this browser only, newest first.

const KEY = "tebiki.conversations";
const MOST = 40;

export function conversations() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => each?.id && Array.isArray(each.turns)) : [];
  } catch {
    return [];
  }
}

export function remember(conversation) {
  const others = conversations().filter((each) => each.id !== conversation.id);
  store([conversation, ...others].slice(0, MOST));
}

export function forget(id) {
  store(conversations().filter((each) => each.id !== id));
}

export function forgetAll() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Storage is switched off: there is nothing to forget.
  }
}

// When the browser's store is full, the oldest conversations make room.
function store(kept) {
  for (let count = kept.length; count >= 0; count -= 1) {
    try {
      localStorage.setItem(KEY, JSON.stringify(kept.slice(0, count)));
      return;
    } catch {
      if (count === 0) return;
    }
  }
}
