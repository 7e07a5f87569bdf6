/// Items with `prefix` before each, parted by ", ", and the length of the prefix in characters.
pub fn join_with(prefix: String, items: &[String]) -> (String, usize) {
    let mut joined = prefix;
    for item in items {
        joined.push_str(&prefix);
        joined.push_str(item);
        joined.push_str(", ");
    }
    (joined, prefix.len())
}
