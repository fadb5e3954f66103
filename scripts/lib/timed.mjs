/** How long the parts of a script take. */
export async function timed(name, work) {
  const begin = performance.now();
  try {
    return await work();
  } finally {
    console.log(`-- ${name}: ${secondsSince(begin)} s`);
  }
}

export function secondsSince(begin) {
  return ((performance.now() - begin) / 1000).toFixed(1);
}
