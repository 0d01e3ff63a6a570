/** What many events call for, done once for all of them. */

const TOGETHER = 100; // what happens within this time is answered at once
const PAUSE = 1500; // between two times, however much happens
const PAUSE_UNSEEN = 5000; // the same, on a page that nobody looks at

/** Returns a function that has `work` done soon, and never twice at the same time. All in milliseconds. */
export function calmly(work) {
  let waiting = null;
  let working = false;
  let again = false;
  let last = -Infinity;

  async function run() {
    waiting = null;
    working = true;
    last = performance.now();
    try {
      await work();
    } finally {
      working = false;
      if (again) soon();
    }
  }

  function soon() {
    again = working;
    if (working || waiting) return;
    const pause = document.hidden ? PAUSE_UNSEEN : PAUSE;
    waiting = setTimeout(run, Math.max(TOGETHER, last + pause - performance.now()));
  }

  return soon;
}
