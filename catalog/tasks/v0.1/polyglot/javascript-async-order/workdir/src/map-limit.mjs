export async function mapLimit(items, limit, worker) {
  const results = [];
  let next = 0;

  async function lane() {
    while (next < items.length) {
      const index = next++;
      try {
        results.push(await worker(items[index], index));
      } catch {
        results.push(undefined);
      }
    }
  }

  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
