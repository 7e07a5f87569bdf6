export function slugify(title, taken = new Set()) {
  const slug = title.toLowerCase().replace(/ /g, "-");
  return taken.has(slug) ? `${slug}-2` : slug;
}
