// Returns a function that returns the milliseconds since this call. It takes the larger of two clocks: Date.now() may be set
// back, and performance.now() may stop while the machine sleeps.
export function moment() {
  const wall = Date.now();
  const steady = performance.now();
  return () => Math.max(Date.now() - wall, performance.now() - steady);
}

// The time of the API's clock, from a record that was read or received.
export const nowOf = (item) => Date.parse(item.at) + item.age();
