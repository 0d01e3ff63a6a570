/** What the browser remembers; what it refuses to, the page remembers. */

function guarded(kind) {
  const kept = new Map();
  const attempt = (use, otherwise) => {
    try {
      return use(window[kind]); // Throws where the visitor forbids it, or where it is full.
    } catch {
      return otherwise?.();
    }
  };
  return {
    getItem: (key) => kept.get(key) ?? attempt((store) => store.getItem(key)) ?? null,
    setItem: (key, value) => {
      kept.set(key, value);
      attempt((store) => (store.setItem(key, value), kept.delete(key)));
    },
    removeItem: (key) => {
      kept.delete(key);
      attempt((store) => store.removeItem(key));
    },
    keys: () => [...kept.keys(), ...attempt(Object.keys, () => [])],
  };
}

/** Outlasts the visit. */
export const local = guarded("localStorage");

/** Lasts as long as the tab. */
export const session = guarded("sessionStorage");
