// Milliseconds since a moment. Neither clock is enough: one is set by people, the other may stand
// still while the machine sleeps.
export function moment() {
  const wall = Date.now();
  const steady = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}

// The service's clock, by a record as it was read or received.
export const nowOf = (item) => Date.parse(item.at) + item.age();
